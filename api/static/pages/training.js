// The form that begins a training, of a slot's challenger or of an LSTM.

import { choicesOf, post } from "../parts/api.js";
import { h, show } from "../parts/dom.js";
import { count } from "../parts/format.js";
import { seriesText } from "../parts/held.js";
import { searchBox } from "../parts/search.js";

const LSTM_LOOKS_BACK = 60;
const NAME = "[A-Za-z0-9][A-Za-z0-9._\\-]{0,63}";

export async function trainingForm(held, chosen, view) {
  const { choices, usual } = await choicesOf("POST", "/slots/train", "model");
  const kind = choice("kind", choices.map((name) => [name, name.replaceAll("_", " ")]));
  kind.value = usual;
  const named = new Map(held.map((one) => [`${seriesText(one)} (${count(one.count)} candles)`, one]));
  let series = chosen;
  const nameOf = (one) => [...named].find(([, other]) => other === one)[0];
  const search = searchBox("Series", [...named.keys()], nameOf(chosen), (name) => { series = named.get(name); }, { name: "series" });
  const ahead = whole("ahead", 1, 288, 1);
  const folds = whole("folds", 2, 20, 4);
  const name = h("input", { name: "name", value: "lstm", pattern: NAME, required: true });
  const nameField = field("Name", name);
  nameField.hidden = true;
  kind.addEventListener("change", () => { nameField.hidden = kind.value !== "lstm"; });
  const problem = h("p.form-error", { role: "alert", hidden: true });
  const button = h("button.main", { type: "submit" }, "Train");
  const rule = "Judged by a purged walk-forward; a challenger replaces the champion only if it beats it.";
  const fields = [field("Model", kind), field("Series", search), field("Candles ahead", ahead), field("Folds", folds)];
  const form = h(
    "form.grid", {}, h("div.fields", {}, fields, nameField), problem,
    h("div.row", {}, button, h("span.small.muted", {}, rule)),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = { kind: kind.value, ...series, ahead: ahead.valueAsNumber, folds: folds.valueAsNumber };
    begin({ ...wanted, name: name.value }, view, problem, button);
  });
  return form;
}

const choice = (name, options) => h("select", { name }, options.map(([value, text]) => h("option", { value }, text)));
const whole = (name, min, max, value) => h("input", { name, type: "number", min, max, value, required: true });
const field = (text, control) => h("label.field", {}, text, control);

async function begin(wanted, view, problem, button) {
  button.disabled = true;
  problem.hidden = true;
  try {
    const { task_id: id } = await ask(wanted);
    const title = `${wanted.kind.replace("_", " ")}, ${seriesText(wanted)}, ${wanted.ahead} ahead`;
    view.jobs.add(id, title, view.refresh);
  } catch (error) {
    show(problem, error.message);
    problem.hidden = false;
  } finally {
    button.disabled = false;
  }
}

function ask({ kind, platform, symbol, resolution, ahead, folds, name }) {
  const common = { platform, symbol, resolution, folds };
  const prefer = "respond-async";
  if (kind !== "lstm") return post("/slots/train", { ...common, model: kind, horizon: ahead }, { prefer });
  // Every training is a version of its own.
  const version = new Date().toISOString().replace(/[-:]|\..*/g, "");
  const lstm = { model_name: name, model_id: version, seq_len: LSTM_LOOKS_BACK, nsteps: ahead };
  return post("/lstm/train", { ...common, ...lstm }, { prefer });
}
