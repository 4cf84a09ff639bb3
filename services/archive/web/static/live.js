"use strict";
// Keeps the list or the mission on the page up to date while the log grows. Without this file the page works by reload.

const place = document.querySelector("#missions, #mission");
const status = document.querySelector("[data-live]");
const PAUSE_MS = 200;
const waiting = new Set();
let timer = 0;

function show(connected) {
  status.hidden = false;
  status.classList.toggle("live-off", !connected);
  status.textContent = connected ? status.dataset.on : status.dataset.off;
}

async function load(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" }, redirect: "error" });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

async function renewRow(id) {
  const old = document.getElementById(`m-${id}`);
  if (!old && !("grows" in place.dataset)) return;
  const row = (await load(`/missions/${id}/row`)).querySelector("li");
  row.classList.add("fresh");
  const now = document.getElementById(`m-${id}`);
  if (now) now.replaceWith(row);
  else place.prepend(row);
  document.getElementById("empty").hidden = true;
}

async function renewMission() {
  const seen = new Set([...place.querySelectorAll(".entry")].map((entry) => entry.id));
  const opened = [...place.querySelectorAll("details[open]")].map((details) => details.closest(".entry").id);
  const page = await load(location.pathname);
  const next = page.getElementById("mission");
  for (const entry of next.querySelectorAll(".entry")) {
    if (!seen.has(entry.id)) entry.classList.add("fresh");
    if (opened.includes(entry.id)) entry.querySelector("details").open = true;
  }
  place.replaceChildren(...next.childNodes);
  document.title = page.title;
}

async function renew() {
  timer = 0;
  const ids = [...waiting];
  waiting.clear();
  try {
    if (place.id === "mission") await renewMission();
    else for (const id of ids) await renewRow(id);
  } catch {
    for (const id of ids) waiting.add(id);
    show(false);
    timer = setTimeout(renew, 5000);
  }
}

function heard(event) {
  const id = JSON.parse(event.data).data.mission_id;
  if (!id || (place.id === "mission" && id !== place.dataset.mission)) return;
  waiting.add(id);
  if (!timer) timer = setTimeout(renew, PAUSE_MS);
}

const source = new EventSource(`/live?after=${place.dataset.after}`);
for (const type of place.dataset.types.split(" ")) source.addEventListener(type, heard);
source.addEventListener("open", () => show(true));
source.addEventListener("error", () => show(false));
