/* Boxes around the faces, with who it is and what is expressed, on the moment that is shown. */

const GAP_S = 0.5; // between two sightings at most this far apart a box moves evenly

const segmentAt = (person, time) =>
  person.segments.find((segment) => still || holds(segment.span, time)) ??
  person.segments.find((segment) => segment.span.end_s === time);

/** Index of the last moment at or before a time, -1 before the first. */
function lastBefore(times, time) {
  let low = -1;
  let high = times.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times[middle] <= time) low = middle;
    else high = middle;
  }
  return low;
}

function boxAt(track, time) {
  const i = lastBefore(track.times_s, time);
  const one = track.boxes[i];
  const other = track.boxes[i + 1];
  if (one && other && track.times_s[i + 1] - track.times_s[i] <= GAP_S) {
    const part = (time - track.times_s[i]) / (track.times_s[i + 1] - track.times_s[i]);
    return one.map((edge, k) => edge + part * (other[k] - edge));
  }
  if (one && time - track.times_s[i] <= GAP_S / 2) return one;
  return other && track.times_s[i + 1] - time <= GAP_S / 4 ? other : null;
}

function drawOverlay(time) {
  const canvas = byId("overlay");
  const ratio = devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const brush = canvas.getContext("2d");
  brush.scale(ratio, ratio);
  if (!byId("boxes").checked) return;
  for (const person of analysis.people) {
    const box = person.track && boxAt(person.track, time);
    if (box) drawBox(brush, person, segmentAt(person, time), [box[0] * width, box[1] * height, box[2] * width, box[3] * height]);
  }
}

function drawBox(brush, person, segment, [left, top, right, bottom]) {
  const name = segment?.label ?? null;
  const colour = paint(name ? toneOf(name).slice(4, -1) : "--l-other");
  brush.setLineDash(name ? [] : [6, 4]);
  brush.beginPath();
  brush.roundRect(left, top, right - left, bottom - top, 6);
  for (const [style, thick] of [["rgb(0 0 0 / 0.5)", 5], [colour, 2.5]]) { // seen on light and on dark
    brush.strokeStyle = style;
    brush.lineWidth = thick;
    brush.stroke();
  }
  const text = segment ? `${person.id}  ${name ? `${name} ${share(segment.confidence)}` : "unclear"}` : person.id;
  brush.font = "600 13px system-ui, sans-serif";
  const wide = brush.measureText(text).width + 12;
  const x = Math.max(0, Math.min(left - 1, brush.canvas.clientWidth - wide));
  const y = top >= 22 ? top - 22 : Math.min(bottom + 2, brush.canvas.clientHeight - 20);
  brush.fillStyle = colour;
  brush.beginPath();
  brush.roundRect(x, y, wide, 20, 4);
  brush.fill();
  brush.fillStyle = paint("--card");
  brush.fillText(text, x + 6, y + 14.5);
}

/** The same in words below the player. */
function sayNow(time) {
  const parts = analysis.people.flatMap((person) => {
    const segment = segmentAt(person, time);
    if (!segment) return [];
    const what = make("b", { text: segment.label ?? "unclear" });
    what.style.color = segment.label ? toneOf(segment.label) : "";
    return [make("span", {}, `${person.id}: `, what, ` ${share(segment.confidence)}`)];
  });
  const words = analysis.transcript.filter((said) => holds(said.span, time)).map((said) => `“${said.text}”`).join(" ");
  byId("now").replaceChildren(...parts, words);
}

function startOverlay() {
  const hasTracks = analysis.people.some((person) => person.track);
  byId("boxes").parentElement.hidden = !hasTracks;
  const draw = () => { drawOverlay(shownTime()); };
  moments.addEventListener("time", (event) => { draw(); sayNow(event.detail); });
  byId("boxes").addEventListener("change", draw);
  new ResizeObserver(draw).observe(byId("stage"));
  document.addEventListener("themechange", draw);
}
