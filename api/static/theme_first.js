"use strict";

// Before anything is painted: the theme that was chosen, else that of the system.
document.documentElement.dataset.theme =
  localStorage.getItem("tickcast-theme") ??
  (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark");
