// Light or dark: the system's choice until the reader makes one.

const root = document.documentElement;
const heard = new Set();

export function toggleTheme() {
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("tickcast-theme", root.dataset.theme);
  tellAll();
}

export const isDark = () => root.dataset.theme === "dark";

/** Call back whenever the colours change; returns what ends that. */
export function onTheme(callback) {
  heard.add(callback);
  return () => heard.delete(callback);
}

/** Return the present value of a colour of base.css, such as "up" or "line". */
export const colour = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();

matchMedia("(prefers-color-scheme: light)").addEventListener("change", (event) => {
  if (localStorage.getItem("tickcast-theme")) return;
  root.dataset.theme = event.matches ? "light" : "dark";
  tellAll();
});

function tellAll() {
  for (const callback of heard) callback();
}
