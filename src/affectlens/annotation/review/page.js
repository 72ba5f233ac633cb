/* The page: which clip is shown, what the reviewer says of it, and the keys. */

import { ask, byId, make, switchTheme } from "/parts.js";
import { asked, forget, fresh, keep, stored, textNow, wordsNow } from "/draft.js";
import { pause, playOrPause, seek, show, toPeak } from "/stage.js";
import { describe, live } from "/facts.js";

const FILTERS = {
  all: "all clips", unreviewed: "not reviewed by you", skipped: "skipped by you",
  rejected: "rejected", disagreement: "reviewers disagree",
};
const SAID = { accept: "Accepted", edit: "Edit saved", relabel: "Relabelled", reject: "Taken out", skip: "Skipped", undo: "Taken back" };

let set = null; // the data set, from the server
let places = []; // of the clips in the list
let at = 0; // in that list
let item = null; // the clip that is shown
let draft = null; // what the reviewer says of it, not yet sent
let busy = false; // a decision is on its way
let going = null; // a clip is on its way
let aim = 0; // the place in the list that was asked for last

history.replaceState(null, "", location.pathname + location.hash); // the token is in a cookie now

/* ---- what is shown ---- */

function fail(error) {
  byId("error").textContent = error.message;
  byId("error").hidden = false;
}

async function start() {
  set = await ask("/api/set");
  document.title = `${set.name} · Review · Affectlens`;
  byId("set-name").textContent = set.name;
  byId("reviewer").textContent = set.reviewer;
  const [filter, place] = decodeURIComponent(location.hash.slice(1)).split("/");
  await list(filter in FILTERS ? filter : "all", place === undefined ? null : Number(place));
}

/** Show a list, at a place of the data set if it is there, else at its first clip to review. */
async function list(filter, place = null) {
  places = await ask(`/api/places/${filter}`);
  byId("filter").value = filter;
  byId("filter").dataset.now = filter;
  let first = places.indexOf(place);
  if (first < 0 && filter === "all") {
    const open = new Set(await ask("/api/places/unreviewed"));
    first = places.findIndex((one) => open.has(one));
  }
  showProgress();
  await go(Math.max(0, first));
}

function showProgress() {
  const { counts, reviewed } = set;
  byId("progress-text").textContent = `${reviewed} of ${counts.all} reviewed by you${counts.skipped ? `, ${counts.skipped} skipped` : ""}.`;
  byId("done").style.width = `${(100 * reviewed) / counts.all}%`;
  const now = byId("filter").value || byId("filter").dataset.now;
  byId("filter").replaceChildren(...Object.entries(FILTERS).map(([name, text]) => make("option", { value: name, text: `${text} (${counts[name]})` })));
  if (now) byId("filter").value = now;
  document.querySelector('[data-action="undo"]').disabled = set.last === null;
}

/** Show the clip at a place of the list; who asks again before it is there gets only the last one. */
function go(index) {
  aim = index;
  going ??= (async () => {
    try {
      do {
        index = aim;
        await open(index);
      } while (index !== aim);
    } finally {
      aim = at;
      going = null;
    }
  })();
  return going;
}

async function open(index) {
  byId("empty").hidden = places.length > 0;
  byId("many").textContent = String(places.length);
  byId("number").value = places.length ? String(index + 1) : "";
  if (!places.length) { item = null; pause(); byId("clip").hidden = true; return; }
  const found = await ask(`/api/items/${places[index]}`);
  at = index;
  item = found;
  history.replaceState(null, "", `#${byId("filter").value}/${item.place}`);
  byId("before").disabled = at === 0;
  byId("after").disabled = at === places.length - 1;
  byId("number").value = String(at + 1);
  draft = stored(item) ?? fresh(item);
  describe(item);
  show(item.place, item, live);
  render();
  byId("clip").hidden = false;
}

async function move(step) {
  const next = aim + step;
  if (next < 0 || next >= places.length) return;
  await go(next);
  byId("clip").focus({ preventScroll: true });
}

/* ---- what the reviewer says ---- */

function change(part) {
  Object.assign(draft, part);
  keep(item, draft);
  render();
}

function render() {
  for (const button of byId("labels").children) {
    button.setAttribute("aria-pressed", String(button.dataset.label === draft.label));
  }
  const words = wordsNow(item);
  byId("words").textContent = words.length ? `Also: ${words.join(", ")}` : "";
  byId("fine").hidden = draft.editing;
  byId("fine").textContent = textNow(item) || "There is no description.";
  byId("fine").classList.toggle("none", !textNow(item));
  byId("edited").hidden = item.mine?.text == null;
  byId("editor").hidden = !draft.editing;
  byId("actions").hidden = draft.editing; // an edit is saved or left first, so that none is lost
  for (const [id, value] of [["text", draft.text], ["open", draft.words], ["note", draft.note]]) {
    if (byId(id).value !== value) byId(id).value = value;
  }
  for (const button of byId("rating").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.rating) === draft.rating && draft.rating !== null));
  }
}

const labelled = () => [...byId("labels").children].map((button) => button.dataset.label);

function edit() {
  change({ editing: true });
  byId("text").focus();
  byId("text").setSelectionRange(draft.text.length, draft.text.length);
}

function leaveEditor() {
  forget(item);
  draft = fresh(item);
  render();
  byId("clip").focus({ preventScroll: true });
}

/** Send a decision, and go on only once it is on the server's disk. */
async function decide(action, part = {}) {
  if (busy || going || !item) return; // nothing is decided about a clip that is not in sight yet
  busy = true;
  Object.assign(draft, part);
  keep(item, draft);
  byId("error").hidden = true;
  try {
    set = await ask("/api/decisions", asked(item, draft, action)).catch((error) => { throw new Error(`Not saved. ${error.message}`); });
    forget(item);
    byId("said").textContent = `${SAID[action]}: ${item.annotation.id}.`;
    await go(Math.min(at + 1, places.length - 1));
    byId("clip").focus({ preventScroll: true });
    showProgress();
  } catch (error) {
    fail(error);
    render();
  } finally {
    busy = false;
  }
}

/** Take the last decision back, wherever it was made, and go there. */
async function undo() {
  if (busy || going || set.last === null) return;
  busy = true;
  byId("error").hidden = true;
  try {
    const last = await ask(`/api/items/${set.last}`);
    const empty = { label: null, labels: null, text: null, note: "", rating: null };
    set = await ask("/api/decisions", { id: last.annotation.id, seen: last.seen, action: "undo", ...empty });
    byId("said").textContent = `${SAID.undo}: ${last.annotation.id}.`;
    const there = places.indexOf(last.place);
    if (there >= 0) await go(there);
    else await list("all", last.place);
    showProgress();
  } catch (error) {
    fail(error);
  } finally {
    busy = false;
  }
}

/* ---- keys and buttons ---- */

const ACTIONS = {
  accept: () => decide("accept"), edit, reject: () => decide("reject"), skip: () => decide("skip"), undo,
};
const KEYS = {
  a: ACTIONS.accept, e: edit, r: ACTIONS.reject, s: ACTIONS.skip, u: undo, p: toPeak,
  n: () => byId("note").focus(), "?": () => byId("keys").showModal(),
  arrowleft: () => move(-1), arrowright: () => move(1), " ": playOrPause,
};

/** Relabel at once; in the editor the label is a part of the edit. */
function choose(label) {
  if (label === undefined) return undefined;
  return draft.editing ? change({ label }) : decide("relabel", { label });
}

const digitOf = (event) => /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];

function onDigit(event, digit) {
  if (event.shiftKey && Number(digit) <= 5) change({ rating: draft.rating === Number(digit) ? null : Number(digit) });
  else if (!event.shiftKey) return choose(labelled()[digit === "0" ? 9 : Number(digit) - 1]);
  return undefined;
}

async function onKey(event) {
  if (byId("keys").open || !item || (event.repeat && !event.key.startsWith("Arrow"))) return;
  const { target } = event;
  const typing = target.matches("textarea, input, select");
  const key = event.key.toLowerCase();
  const digit = digitOf(event);
  let deed;
  if (key === "enter" && (event.ctrlKey || event.metaKey)) deed = draft.editing ? () => decide("edit") : undefined;
  else if (key === "escape") deed = draft.editing ? leaveEditor : () => target.blur();
  else if (event.ctrlKey || event.metaKey) return;
  else if (digit !== undefined && (event.altKey || !typing)) deed = () => onDigit(event, digit);
  else if (event.altKey || typing || busy || (going && !key.startsWith("arrow")) || (draft.editing && "aersu".includes(key))) return;
  else if (target instanceof HTMLMediaElement && (key === " " || key.startsWith("arrow"))) return;
  else if (key === " " && target.matches("button, summary")) return;
  else deed = KEYS[key];
  if (!deed) return;
  event.preventDefault();
  try { await deed(); } catch (error) { fail(error); }
}

const safely = (deed) => async (event) => { try { await deed(event); } catch (error) { fail(error); } };

function wire() {
  document.addEventListener("keydown", onKey);
  for (const button of byId("actions").children) button.addEventListener("click", safely(ACTIONS[button.dataset.action]));
  byId("labels").addEventListener("click", safely((event) => choose(event.target.closest("button")?.dataset.label)));
  byId("cards").addEventListener("click", (event) => {
    const card = event.target.closest("button");
    if (card) { pause(); seek(Number(card.dataset.start)); }
  });
  byId("editor").addEventListener("submit", safely((event) => { event.preventDefault(); return decide("edit"); }));
  byId("cancel").addEventListener("click", leaveEditor);
  for (const [id, name] of [["text", "text"], ["open", "words"], ["note", "note"]]) {
    byId(id).addEventListener("input", (event) => { draft[name] = event.target.value; keep(item, draft); });
  }
  byId("rating").append("Fits: ", ...[0, 1, 2, 3, 4, 5].map((rating) => {
    const button = make("button", { type: "button", text: String(rating), "data-rating": String(rating), "aria-label": `${rating} of 5` });
    button.addEventListener("click", () => change({ rating: draft.rating === rating ? null : rating }));
    return button;
  }));
  byId("before").addEventListener("click", safely(() => move(-1)));
  byId("after").addEventListener("click", safely(() => move(1)));
  byId("to-peak").addEventListener("click", toPeak);
  byId("help").addEventListener("click", KEYS["?"]);
  byId("filter").addEventListener("change", safely(async (event) => {
    set = await ask("/api/set");
    await list(event.target.value);
  }));
  byId("number").addEventListener("change", safely((event) => {
    const wanted = Math.round(Number(event.target.value)) - 1;
    return go(Math.max(0, Math.min(places.length - 1, Number.isFinite(wanted) ? wanted : at)));
  }));
  byId("theme").addEventListener("click", switchTheme);
}

wire();
start().catch(fail);
