/* What every part of the page uses: the data, elements, colours, one bus for what was chosen. */

/** The published document writes a span as [start, end]; here it has names. */
const named = (key, value) => (key === "span" ? { start_s: value[0], end_s: value[1] } : value);
const page = JSON.parse(document.getElementById("data").textContent, named);
const analysis = page.analysis;
const duration = analysis.input.duration_s || 0;
const still = duration === 0;

const byId = (id) => document.getElementById(id);

/** A new element. Text is always set as text: nothing from the analysis is ever read as HTML. */
function make(tag, { text, className, title, ...rest } = {}, ...children) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  if (title) tip(element, title);
  for (const [name, value] of Object.entries(rest)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function makeSvg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const KNOWN = ["neutral", "happy", "angry", "sad", "worried", "surprise", "fear", "contempt", "doubt", "disgust"];
const toneOf = (label) => `var(--l-${KNOWN.includes(label) ? label : "other"})`;

/** The colour that a CSS variable stands for now, as "rgb(…)" for canvases. */
function paint(name) {
  const probe = byId("tip");
  probe.style.color = `var(${name})`;
  const colour = getComputedStyle(probe).color;
  probe.style.color = "";
  return colour;
}

function seconds(time, digits = 1) {
  const minutes = Math.floor(time / 60);
  const rest = (time - 60 * minutes).toFixed(digits);
  return minutes ? `${minutes}:${rest.padStart(digits ? digits + 3 : 2, "0")}` : `${rest} s`;
}

function spanText(span) {
  if (still) return "in the picture";
  if (span.end_s - span.start_s < 0.05) return `at ${seconds(span.start_s)}`;
  return `${seconds(span.start_s)} – ${seconds(span.end_s)}`;
}

const holds = (span, time) => span.start_s <= time && time < span.end_s;
const share = (value) => (value ?? 0).toFixed(2);

/** Text that shows beside the pointer, and is read out. */
function tip(element, text) {
  const box = byId("tip");
  element.addEventListener("pointermove", (event) => showTip(event, typeof text === "function" ? text(event) : text));
  element.addEventListener("pointerleave", () => { box.hidden = true; });
}

function showTip(event, text) {
  const box = byId("tip");
  box.hidden = !text;
  if (!text) return;
  box.textContent = text;
  const { width, height } = box.getBoundingClientRect();
  box.style.left = `${Math.max(6, Math.min(event.clientX + 14, innerWidth - width - 6))}px`;
  box.style.top = `${Math.max(6, event.clientY + 16 + height > innerHeight ? event.clientY - height - 10 : event.clientY + 16)}px`;
}

function meter(value, tone) {
  const bar = make("i");
  bar.style.width = `${100 * Math.max(0, Math.min(1, value ?? 0))}%`;
  const box = make("div", { className: "meter", "aria-hidden": "true" }, bar);
  if (tone) box.style.setProperty("--tone", tone);
  return box;
}

const ICONS = {
  face: ["M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18", "M9 10v.5", "M15 10v.5", "M8.5 14.5c1 1.3 2.2 2 3.500 2s2.500-.7 3.500-2"],
  voice: ["M4 10v4", "M8 7v10", "M12 4v16", "M16 8v8", "M20 10.500v3"],
  words: ["M4 5h16v11h-9l-4 4v-4h-3z", "M8 9h8", "M8 12h5"],
  scene: ["M3 5h18v14h-18z", "M3 16l5-5l4 4l3-3l6 5", "M16.500 9v.1"],
};
const icon = (modality) =>
  makeSvg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, ...(ICONS[modality] ?? []).map((d) => makeSvg("path", { d })));

/** Chosen clues and claims: one thing is in focus, and what it is connected to is marked. */
const chosen = new EventTarget();

function choose({ claim = null, clue = null, cites = [] }) {
  const cited = new Set(cites);
  chosen.dispatchEvent(new CustomEvent("change", { detail: { claim, clue, cited } }));
}
