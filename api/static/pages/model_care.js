// What can be done with a trained model: train it again, have that done on a schedule, delete it.

import { post, remove } from "../parts/api.js";
import { h, show } from "../parts/dom.js";
import { seriesText } from "../parts/held.js";
import { panel } from "../parts/table.js";

const HOUR = 3_600;
const LONGEST_HOURS = 8_760;

/** Train a slot again, and say how often that is done while its series is watched. */
export function slotCare(slot, view) {
  const hours = h("input", { type: "number", min: 0, max: LONGEST_HOURS, value: Math.round(slot.retrain_every / HOUR), required: true });
  const text = "hours by itself while the series is watched (0: never)";
  const form = h("form.row", {}, h("button.main", { type: "submit" }, "Train again"),
    h("label.check", {}, "and then every", hours, text));
  return care(form, async () => {
    const { platform, symbol, resolution, horizon } = slot;
    const [model, exits] = slot.model.split(".");
    const asked = { platform, symbol, resolution, horizon, model, retrain_hours: hours.valueAsNumber };
    const body = exits ? { ...asked, rr_config: exits } : asked;
    follow(await post("/slots/train", body, { prefer: "respond-async" }), `${slot.model.replaceAll("_", " ")}, ${seriesText(slot)}, ${horizon} ahead`, view);
  });
}

/** Train a named model again under a new version, or delete it. */
export function lstmCare(model, metadata, view) {
  const form = h("form.row", {}, h("button.main", { type: "submit" }, "Train a new version"), deleteButton(model, view));
  return care(form, async () => {
    const { name, platform, symbol, resolution, nsteps } = model;
    const version = new Date().toISOString().replace(/[-:]|\..*/g, "");
    const body = { model_name: name, model_id: version, platform, symbol, resolution, nsteps, seq_len: metadata.seq_len };
    follow(await post("/lstm/train", body, { prefer: "respond-async" }), `LSTM ${name}/${version}, ${seriesText(model)}`, view);
  });
}

function follow({ task_id: id }, title, view) {
  view.jobs.add(id, title, view.refresh);
  view.jobs.element.scrollIntoView({ behavior: "smooth", block: "nearest" });
}

function care(form, act) {
  const problem = h("p.form-error", { role: "alert", hidden: true });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    problem.hidden = true;
    try {
      await act();
    } catch (error) {
      show(problem, error.message);
      problem.hidden = false;
    } finally {
      button.disabled = false;
    }
  });
  return panel("Care", h("div.body.grid", {}, form, problem));
}

/** Deletes at the second press: the first says what goes. */
function deleteButton({ name, id }, view) {
  const button = h("button.danger", { type: "button" }, "Delete");
  let sure = false;
  button.addEventListener("click", async () => {
    if (!sure) {
      sure = true;
      return show(button, `Delete ${name}/${id} and its files?`);
    }
    button.disabled = true;
    try {
      await remove(`/lstm/models/${encodeURIComponent(name)}/${encodeURIComponent(id)}`);
      show(view.details);
      await view.refresh();
    } catch (error) {
      show(button, error.message);
    }
  });
  button.addEventListener("blur", () => {
    if (sure && !button.disabled) show(button, "Delete");
    sure = false;
  });
  return button;
}
