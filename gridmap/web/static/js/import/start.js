// The start of an upload: choose a list, drop or pick the file, watch it go; and the undo buttons of the log.

import { ask, tell } from "../api.js";
import { byId, el, fill, icon } from "../dom.js";
import { boot, percent, t } from "../words.js";
import { confirmed } from "./dialog.js";
import { undo } from "./done.js";
import { size } from "./figures.js";
import { send } from "./send.js";

const form = byId("upload");
const drop = byId("drop");
const picker = byId("file");
const said = byId("upload-said");
let running = null;

const chosenList = () => form.querySelector("input[name=layer]:checked");

function say(words, isBad = false) {
  said.textContent = words;
  said.classList.toggle("bad", isBad);
}

function listChosen() {
  const card = chosenList();
  byId("level-box").hidden = !card || card.dataset.levels === undefined;
  for (const select of document.querySelectorAll("#level option[data-list]")) select.hidden = select.dataset.list !== card?.value;
  const level = byId("level");
  if (level.selectedOptions[0]?.hidden) level.value = "";
  byId("drop-takes").textContent = card?.dataset.takes ?? "";
  byId("file-step").classList.toggle("is-waiting", !card);
  if (said.classList.contains("bad")) say("");
}

/** The parts of a loose Shapefile travel together; anything else is one file at a time. */
function refusal(files) {
  if (!chosenList()) return t("Choose the list first: what does the file hold?");
  if (files.length === 0) return t("That was not a file.");
  const total = files.reduce((sum, file) => sum + file.size, 0);
  if (total > boot.largest) return t("The file is {size}; at most {largest} are taken. Send it in parts.", { size: size(total), largest: size(boot.largest) });
  if (total === 0) return t("The file is empty.");
  const isShapefile = files.some(({ name }) => /\.shp$/i.test(name));
  if (files.length > 1 && !isShapefile) return t("One file at a time, please. Only the parts of a Shapefile are sent together.");
  return null;
}

async function start(files) {
  if (running) return;
  const no = refusal(files);
  if (no) {
    say(no, true);
    if (!chosenList()) form.querySelector("input[name=layer]").focus();
    return;
  }
  const name = files.length > 1 ? (files.find((file) => /\.shp$/i.test(file.name)) ?? files[0]).name : files[0].name;
  const bar = el("progress", { max: "1", value: "0", "aria-label": t("Progress of the upload") });
  const words = el("span", { class: "sending-words", text: t("Sending {file} …", { file: name }), dir: "auto" });
  const stop = el("button", { type: "button", class: "btn btn-sm" }, icon("x"), el("span", { text: t("Stop") }));
  const status = byId("sending");
  fill(status, words, bar, stop);
  status.hidden = false;
  drop.disabled = true;
  say(t("Sending {file} …", { file: name }));
  try {
    await ask("ready", "ready"); // a session that is over sends us to the sign-in page before megabytes travel
    const data = new FormData();
    data.set("layer", chosenList().value);
    data.set("level", byId("level-box").hidden ? "" : byId("level").value);
    for (const file of files) data.append("file", file, file.name);
    running = send(boot.page, data, (share) => {
      if (share === null) bar.removeAttribute("value");
      else bar.value = share;
      words.textContent = share >= 1 ? t("Received; being checked …") : `${t("Sending {file} …", { file: name })} ${share === null ? "" : percent(share)}`;
    });
    stop.addEventListener("click", () => running?.stop());
    const { url } = await running.done;
    location.assign(url);
  } catch (error) {
    running = null;
    status.hidden = true;
    drop.disabled = false;
    say(error.message, error.code !== "Stopped");
    drop.focus();
  }
}

drop.addEventListener("click", () => picker.click());
picker.addEventListener("change", () => {
  const files = [...picker.files];
  picker.value = ""; // the same file, corrected, must count as a new choice
  if (files.length) start(files);
});
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", (event) => {
  if (event.target.name !== "layer") return;
  listChosen();
  // On a phone the next step lies below a screen of lists.
  if (matchMedia("(max-width: 640px)").matches) byId("file-step").scrollIntoView({ block: "center" });
});

let depth = 0; // dragenter and dragleave come for every child too
const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
addEventListener("dragenter", (event) => carriesFiles(event) && ((depth += 1), drop.classList.add("is-over")));
addEventListener("dragleave", (event) => carriesFiles(event) && (depth -= 1) <= 0 && drop.classList.remove("is-over"));
addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault(); // a file that misses the zone must not replace the page
  depth = 0;
  drop.classList.remove("is-over");
  start([...event.dataTransfer.files]);
});

for (const button of document.querySelectorAll("[data-undo]")) {
  button.addEventListener("click", async () => {
    if (await undo(button.dataset.undo, button.dataset.file)) location.reload();
  });
}
for (const button of document.querySelectorAll("[data-discard]")) {
  button.addEventListener("click", async () => {
    const yes = await confirmed({ title: t("Discard this upload?"), lines: [button.dataset.file, t("The file is removed from the server. Nothing was loaded.")], act: t("Discard"), dangerous: true });
    if (!yes) return;
    try {
      await tell(`${button.dataset.discard}/discard`);
    } catch (error) {
      say(error.message, true);
      return;
    }
    location.reload();
  });
}

byId("file-plain").hidden = true;
drop.hidden = false;
listChosen();
document.body.dataset.ready = "yes";
