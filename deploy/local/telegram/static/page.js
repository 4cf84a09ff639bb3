"use strict";

const words = document.body.dataset;
const toast = document.getElementById("toast");
let toastTimer = 0;

function say(text) {
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { toast.hidden = true; }, 5000);
}

async function post(path, body) {
  const json = !(body instanceof FormData);
  const response = await fetch(path, {
    method: "POST",
    headers: json ? { "Content-Type": "application/json" } : {},
    body: json ? JSON.stringify(body) : body,
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

function place(element) {
  const chat = element.closest(".chat");
  const bubble = element.closest(".bubble");
  const form = chat.querySelector(".compose");
  return { chat, form, path: `/control/chats/${chat.dataset.chat}/messages`, user: form ? Number(form.user.value) : 0,
    message: bubble ? bubble.dataset.message : "" };
}

function replyTo(form, message) {
  form.reply_to.value = message;
  const line = form.querySelector(".replying");
  line.hidden = !message;
  line.querySelector("output").textContent = message;
  if (message) form.text.focus();
}

async function press(button) {
  const { path, user, message } = place(button);
  const answer = await post(`${path}/${message}/press`, { user, button: button.dataset.press });
  if (!answer.answered) say(words.unanswered);
  else if (answer.show_alert) window.alert(answer.text);
  else say(answer.text || words.answered);
}

async function react(button) {
  const { path, user, message } = place(button);
  await post(`${path}/${message}/react`, { user, emoji: [button.dataset.react] });
}

async function send(form) {
  const { path } = place(form);
  const data = new FormData(form);
  if (!form.photo.files.length) data.delete("photo");
  await post(path, data);
  form.text.value = "";
  form.photo.value = "";
  counted(form);
  replyTo(form, "");
}

function counted(form) {
  form.querySelector(".count").textContent = form.photo.files.length || "";
}

function guarded(action) {
  action.catch((error) => say(`${words.failed} ${error.message}`));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.press) guarded(press(button));
  else if (button.dataset.react) guarded(react(button));
  else if (button.hasAttribute("data-reply")) {
    const { form, message } = place(button);
    if (form) replyTo(form, message);
  } else if (button.classList.contains("cancel")) replyTo(button.form, "");
});

document.addEventListener("change", (event) => {
  if (event.target.name === "photo") counted(event.target.form);
});

document.addEventListener("submit", (event) => {
  event.preventDefault();
  guarded(send(event.target));
});

function toEnd(list) {
  list.scrollTop = list.scrollHeight;
}

function chatIds(root) {
  return [...root.querySelectorAll(".chat")].map((chat) => chat.id + chat.querySelectorAll("option").length).join();
}

async function refresh() {
  const response = await fetch(location.href.split("#")[0]);
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  if (chatIds(fresh) !== chatIds(document)) {
    location.reload();
    return;
  }
  for (const chat of document.querySelectorAll(".chat")) {
    const list = chat.querySelector(".messages");
    const news = fresh.getElementById(chat.id).querySelector(".messages");
    if (list.innerHTML === news.innerHTML) continue;
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
    list.replaceChildren(...news.children);
    if (atEnd) toEnd(list);
  }
}

let pending = false;
function soon() {
  if (pending) return;
  pending = true;
  setTimeout(() => {
    pending = false;
    refresh().catch(() => say(words.offline));
  }, 150);
}

const events = new EventSource("/control/events");
events.onmessage = soon;
events.onerror = () => say(words.offline);
document.querySelectorAll(".messages").forEach(toEnd);
