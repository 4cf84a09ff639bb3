"use strict";

const words = document.body.dataset;
const toast = document.getElementById("toast");
let toastTimer = 0;

function digits(text) {
  if (document.documentElement.lang !== "km") return String(text);
  return String(text).replace(/[0-9]/g, (digit) => "០១២៣៤៥៦៧៨៩"[digit]);
}

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
  line.querySelector("output").textContent = digits(message);
  if (message) form.text.focus();
}

async function press(button) {
  const { path, user, message } = place(button);
  const answer = await post(`${path}/${message}/press`, { user, button: Number(button.dataset.press) });
  if (!answer.answered) say(words.unanswered);
  else if (answer.show_alert) window.alert(answer.text);
  else say(answer.text || words.answered);
}

async function react(button) {
  const { path, user, message } = place(button);
  await post(`${path}/${message}/react`, { user, emoji: [button.dataset.react] });
}

async function send(form) {
  if (!form.text.value.trim() && !form.photo.files.length) {
    form.text.focus();
    return;
  }
  const { path } = place(form);
  const data = new FormData(form);
  if (!form.photo.files.length) data.delete("photo");
  const submit = form.querySelector("[type=submit]");
  submit.disabled = true;
  try {
    await post(path, data);
  } finally {
    submit.disabled = false;
  }
  form.text.value = "";
  form.photo.value = "";
  counted(form);
  replyTo(form, "");
}

function counted(form) {
  form.querySelector(".count").textContent = digits(form.photo.files.length || "");
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
  if (!event.target.matches(".compose")) return;
  event.preventDefault();
  guarded(send(event.target));
});

function toEnd(list) {
  list.scrollTop = list.scrollHeight;
}

// Changes only the children that differ, so that focus, scrolling and what is read aloud stay where they are.
function sync(old, fresh) {
  const items = [...fresh.children];
  items.forEach((item, place) => {
    const known = old.children[place];
    if (!known) old.append(item);
    else if (known.outerHTML !== item.outerHTML) known.replaceWith(item);
  });
  while (old.children.length > items.length) old.lastElementChild.remove();
}

function renewPeople(select, fresh) {
  const chosen = select.value;
  sync(select, fresh);
  select.value = chosen;
  if (select.selectedIndex < 0) select.selectedIndex = 0;
}

function renewChat(chat, fresh) {
  const parts = (selector) => [chat.querySelector(selector), fresh.querySelector(selector)];
  const [list, news] = parts(".messages");
  const [people, freshPeople] = parts("select");
  if (!people !== !freshPeople) {
    chat.replaceWith(fresh);
    toEnd(news);
    return;
  }
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  sync(...parts(".head"));
  sync(list, news);
  list.ariaLabel = news.ariaLabel;
  if (people) renewPeople(people, freshPeople);
  if (atEnd) toEnd(list);
}

// Chats that stay are kept as they are, with what is being written in them.
function renewChats(main, fresh) {
  const wanted = new Map([...fresh.children].map((item) => [item.id, item]));
  for (const item of [...main.children]) if (!item.id || !wanted.has(item.id)) item.remove();
  let last = null;
  for (const [id, item] of wanted) {
    const known = id && document.getElementById(id);
    if (known) renewChat(known, item);
    else {
      if (last) last.after(item);
      else main.prepend(item);
      item.querySelectorAll(".messages").forEach(toEnd);
    }
    last = document.getElementById(id);
  }
}

async function refresh() {
  const response = await fetch(location.href.split("#")[0]);
  if (!response.ok) throw new Error(String(response.status));
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  sync(document.querySelector("nav"), fresh.querySelector("nav"));
  renewChats(document.querySelector("main"), fresh.querySelector("main"));
}

let pending = false;
let turn = Promise.resolve();
function soon() {
  if (pending) return;
  pending = true;
  setTimeout(() => {
    pending = false;
    turn = turn.then(refresh).catch(() => say(words.offline));
  }, 150);
}

const events = new EventSource("/control/events");
events.onmessage = soon;
events.onerror = () => say(words.offline);
document.querySelectorAll(".messages").forEach(toEnd);
