"use strict";

// The key comes behind the #, which no request carries; it is kept for this tab only.
const given = new URLSearchParams(location.hash.slice(1)).get("key");
if (given) {
  sessionStorage.setItem("tickcast-key", given);
  history.replaceState(null, "", location.pathname);
}
const key = sessionStorage.getItem("tickcast-key");
const element = (id) => document.getElementById(id);

element("key").textContent = key
  ? "This tab holds your key; paste it into the header X-API-Key to call the API yourself."
  : "Without a key only the state of the parts is shown.";

function showParts(parts) {
  const rows = Object.entries(parts).map(([name, state]) => {
    const row = document.createElement("tr");
    for (const text of [name, state]) {
      row.appendChild(document.createElement("td")).textContent = text;
    }
    row.className = state;
    return row;
  });
  element("parts").tBodies[0].replaceChildren(...rows);
  element("parts").hidden = false;
}

async function refresh() {
  try {
    const answer = await fetch("/health", { headers: key ? { "X-API-Key": key } : {} });
    const health = await answer.json();
    element("summary").textContent = `The server is ${health.status}.`;
    showParts(health.parts);
  } catch {
    element("summary").textContent = "The server does not answer.";
  }
  setTimeout(refresh, 5000);
}

refresh();
