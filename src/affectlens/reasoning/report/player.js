/* The clock of the page: the clip where it is inside, else a clock that runs alone. */

const media = byId("media");
const plays = media instanceof HTMLMediaElement;

/** Stands in for the clip so that the timeline can be played without it. */
const soloClock = {
  currentTime: 0,
  playbackRate: 1,
  paused: true,
  play() { this.paused = false; this.last = performance.now(); },
  pause() { this.paused = true; },
  tick() {
    if (this.paused) return;
    const now = performance.now();
    this.currentTime = Math.min(duration, this.currentTime + (this.playbackRate * (now - this.last)) / 1000);
    this.last = now;
    if (this.currentTime >= duration) this.paused = true;
  },
};
const source = plays ? media : soloClock;

const moments = new EventTarget(); // "time" whenever the moment shown changes
const shownTime = () => source.currentTime;

function seek(time) {
  source.currentTime = Math.max(0, Math.min(duration, time));
  tellTime();
}

function toggle() {
  if (still) return;
  if (!source.paused) { source.pause(); return tellTime(); }
  if (shownTime() >= duration - 0.05) source.currentTime = 0;
  Promise.resolve(source.play()).catch(() => {});
  run();
}

let told = -1;
function tellTime() {
  const time = shownTime();
  byId("play").textContent = source.paused ? "▶" : "❚❚";
  byId("play").setAttribute("aria-label", source.paused ? "Play" : "Pause");
  if (time === told) return;
  told = time;
  byId("clock").textContent = `${clockText(time)} / ${clockText(duration)}`;
  moments.dispatchEvent(new CustomEvent("time", { detail: time }));
}

function clockText(time) {
  const whole = Math.floor(time);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}.${Math.floor(10 * (time - whole))}`;
}

function run() {
  if (!plays) soloClock.tick();
  tellTime();
  if (!source.paused) requestAnimationFrame(run);
}

/** The stage has the shape of the picture, so that boxes given as shares fall on the faces. */
function shapeStage() {
  const { width, height } = analysis.input;
  const stage = byId("stage");
  const wide = media?.videoWidth || media?.naturalWidth || width || 0;
  const high = media?.videoHeight || media?.naturalHeight || height || 0;
  const nothing = !media && !analysis.people.some((person) => person.track);
  if (nothing || !wide || !high) { stage.classList.add("sound"); return; }
  stage.style.aspectRatio = `${wide} / ${high}`;
  stage.style.maxWidth = `calc(62vh * ${wide / high})`;
}

function sayWhatIsShown() {
  const nothing = byId("nopicture");
  const note = byId("medianote");
  if (page.absent) {
    nothing.textContent = `The clip is not in this page: ${page.absent}. Everything else works.`;
    nothing.hidden = false;
  } else if (media?.tagName === "AUDIO") {
    nothing.textContent = page.redacted && analysis.input.streams.video
      ? "Sound only: no face could be located, so the picture could not be blurred and is left out."
      : "Sound only";
    nothing.hidden = false;
  }
  if (page.redacted && media && media.tagName !== "AUDIO") {
    note.textContent = "Faces are blurred where they were followed or found; a face that was not found is not. Voices and words are kept.";
    note.hidden = false;
  }
}

/** Away from its place the player stays in sight, small, in a corner. */
function dockPlayer() {
  const place = byId("place");
  const box = byId("box");
  const hasPicture = media && media.tagName !== "AUDIO";
  if (!hasPicture || !("IntersectionObserver" in window)) return;
  new IntersectionObserver(([entry]) => {
    const away = !entry.isIntersecting && entry.boundingClientRect.top < 0;
    place.style.height = away ? `${place.offsetHeight}px` : "";
    box.classList.toggle("docked", away);
  }).observe(place);
}

function startPlayer() {
  shapeStage();
  sayWhatIsShown();
  dockPlayer();
  if (still) byId("transport").querySelectorAll("button, select, output").forEach((part) => { part.hidden = true; });
  byId("mute").hidden ||= !plays || !analysis.input.streams.sound;
  byId("play").addEventListener("click", toggle);
  byId("back").addEventListener("click", () => seek(shownTime() - 1));
  byId("on").addEventListener("click", () => seek(shownTime() + 1));
  byId("speed").addEventListener("change", (event) => { source.playbackRate = Number(event.target.value); });
  byId("mute").addEventListener("click", (event) => {
    media.muted = !media.muted;
    event.target.setAttribute("aria-pressed", String(media.muted));
    event.target.textContent = media.muted ? "Unmute" : "Mute";
  });
  if (plays) {
    media.addEventListener("loadedmetadata", shapeStage);
    for (const name of ["timeupdate", "seeked", "play", "pause", "ended"]) media.addEventListener(name, tellTime);
    media.addEventListener("play", run);
    media.addEventListener("click", toggle);
  }
  document.addEventListener("keydown", onKey);
  tellTime();
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("select, summary")) return;
  const step = event.shiftKey ? 0.1 : 1;
  const steps = { ArrowLeft: -step, ArrowRight: step };
  if (event.key in steps) seek(shownTime() + steps[event.key]);
  else if (event.key === "Home") seek(0);
  else if (event.key === "End") seek(duration);
  else if (event.key === " " && !event.target.closest?.("button, input, a")) toggle();
  else return;
  event.preventDefault();
}
