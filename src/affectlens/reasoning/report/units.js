/* Action units over time, one row for each; what was not measured is hatched and says why. */

const ROW_PX = 13;
const WIDEST_PX = 8192; // browsers refuse canvases that are much wider
const MOMENT_S = 0.35; // a sighting colours the time until the next one, at most this long

const measured = (summary) => typeof summary !== "string";

function unitLane(person) {
  const units = Object.entries(person.action_units);
  if (!person.track || !units.length) return null;
  const canvas = make("canvas", { role: "img", "aria-label": heatText(person, units) });
  const lane = make("div", { className: "lane heat" }, canvas);
  lane.style.height = `${units.length * ROW_PX}px`;
  const names = units.map(([unit, summary]) => make("span", {
    text: unit, className: measured(summary) ? summary.trust : "none",
    title: `${page.units[unit] ?? unit}\n${measured(summary) ? `trust ${summary.trust}` : summary}`,
  }));
  row(make("div", { className: "name units" }, ...names), lane);
  tip(lane, (event) => heatTip(person, units, timeUnder(event, lane), event.clientY - lane.getBoundingClientRect().top));
  byId("heatlegend").replaceChildren(
    make("span", {}, "Action units: 0", make("i"), "5 (FACS intensity)"),
    make("span", {}, make("i", { className: "none" }), "not measured"),
    make("span", { text: "blank: no face" }),
  );
  return () => drawHeat(canvas, lane, person.track.times_s, units);
}

function heatText(person, units) {
  const known = units.filter(([, summary]) => measured(summary)).sort((a, b) => b[1].peak - a[1].peak).slice(0, 4);
  const peaks = known.map(([unit, { peak, peak_time_s: time }]) => `${unit} peaks at ${peak.toFixed(1)}, ${seconds(time)}`);
  return `Action units of ${person.id} over time. ${peaks.join("; ")}`;
}

function heatTip(person, units, time, y) {
  const [unit, summary] = units[Math.floor(y / ROW_PX)] ?? [];
  if (!unit) return "";
  const name = page.units[unit] ?? unit;
  if (!measured(summary)) return `${name}\nnot measured: ${summary}`;
  const i = lastBefore(person.track.times_s, time);
  const there = i >= 0 && time - person.track.times_s[i] <= MOMENT_S;
  const value = there ? `${(summary.series[i] ?? 0).toFixed(1)} of 5` : "no face here";
  return `${name}\n${seconds(time)}: ${value}\npeak ${summary.peak.toFixed(1)} at ${seconds(summary.peak_time_s)}, trust ${summary.trust}`;
}

function drawHeat(canvas, lane, times, units) {
  const width = Math.min(WIDEST_PX, Math.round(lane.clientWidth * (devicePixelRatio || 1)));
  const rowPx = Math.round(ROW_PX * (devicePixelRatio || 1));
  canvas.width = Math.max(1, width);
  canvas.height = rowPx * units.length;
  canvas.style.height = `${ROW_PX * units.length}px`;
  const brush = canvas.getContext("2d");
  const colours = ramp();
  const hatch = hatching(brush);
  units.forEach(([, summary], k) => {
    const top = k * rowPx;
    if (!measured(summary)) {
      brush.fillStyle = hatch;
      brush.fillRect(0, top, width, rowPx - 1);
      return;
    }
    times.forEach((time, i) => {
      const until = Math.min(times[i + 1] ?? time + 0.1, time + MOMENT_S);
      const left = Math.floor((time / duration) * width);
      brush.fillStyle = colours[Math.round(20 * Math.max(0, Math.min(5, summary.series[i] ?? 0)))];
      brush.fillRect(left, top, Math.max(1, Math.ceil((until / duration) * width) - left), rowPx - 1);
    });
  });
}

/** A hundred and one colours from nothing to 5, mixed from the three of the theme. */
function ramp() {
  const [low, middle, high] = ["--heat-0", "--heat-1", "--heat-2"].map((name) => paint(name).match(/\d+/g).map(Number));
  return Array.from({ length: 101 }, (_, i) => {
    const [from, to, part] = i < 50 ? [low, middle, i / 50] : [middle, high, (i - 50) / 50];
    return `rgb(${from.map((value, k) => Math.round(value + part * (to[k] - value))).join()})`;
  });
}

function hatching(brush) {
  const tile = document.createElement("canvas");
  tile.width = 6;
  tile.height = 6;
  const pen = tile.getContext("2d");
  pen.strokeStyle = paint("--hatch");
  pen.lineWidth = 1.4;
  for (const shift of [-6, 0, 6]) {
    pen.moveTo(shift, 6);
    pen.lineTo(shift + 6, 0);
  }
  pen.stroke();
  return brush.createPattern(tile, "repeat");
}

/** A still image has no time: one bar for each action unit. */
function unitBars(person) {
  const box = make("div", { className: "still" });
  for (const [unit, summary] of Object.entries(person.action_units)) {
    const name = make("span", { text: unit, title: page.units[unit] ?? unit });
    const tone = "var(--heat-2)";
    box.append(name, ...(measured(summary)
      ? [meter(summary.peak / 5, tone), make("span", { className: "num", text: `${summary.peak.toFixed(1)} · ${summary.trust} trust` })]
      : [make("span", { className: "faint", text: `not measured: ${summary}` }), make("span")]));
  }
  tracks.append(make("div", { className: "row who" }, make("div", { className: "name", text: person.id }), box));
}
