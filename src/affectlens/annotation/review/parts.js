/* What every part of the page uses: elements, numbers and times as text, requests. */

export const byId = (id) => document.getElementById(id);

/** A new element. Text is always set as text: nothing from a data set is ever read as HTML. */
export function make(tag, { text, className, ...rest } = {}, ...children) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  for (const [name, value] of Object.entries(rest)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A value of the data set, or null where it is missing. */
export const known = (value) => (value !== null && typeof value === "object" && "missing" in value ? null : value);

export const seconds = (time) => {
  const minutes = Math.floor(time / 60);
  const rest = (time - 60 * minutes).toFixed(1);
  return minutes ? `${minutes}:${rest.padStart(4, "0")}` : `${rest} s`;
};

export const spanText = ([start, end]) => (end - start < 0.05 ? `at ${seconds(start)}` : `${seconds(start)} – ${seconds(end)}`);

const TONES = ["neutral", "happy", "angry", "sad", "worried", "surprise", "fear", "contempt", "doubt", "disgust"];
export const toneOf = (label) => `var(--l-${TONES.includes(label) ? label : "other"})`;

/** What the server answers; an error has its words. */
export async function ask(address, body) {
  const post = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  let answer;
  try {
    answer = await fetch(address, body === undefined ? {} : post);
  } catch {
    throw new Error("The server does not answer. Is `affectlens review` still running?");
  }
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.error ?? `The server answered ${answer.status}.`);
  return said;
}

/** From light to dark or back, whatever the system wishes. */
export function switchTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
}
