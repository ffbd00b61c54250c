// The key: from behind the # of the link that `make run` prints, or typed once; kept in this tab.

const NAME = "tickcast-key";

/** Take the key out of the address, where nobody shall read it off the screen. */
export function takeKeyFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get("key");
  if (!given) return;
  sessionStorage.setItem(NAME, given);
  history.replaceState(null, "", `${location.pathname}#/market`);
}

export const key = () => sessionStorage.getItem(NAME);
export const keepKey = (text) => sessionStorage.setItem(NAME, text);
export const forgetKey = () => sessionStorage.removeItem(NAME);

// The operator's secret, likewise in this tab only.
const SECRET = "tickcast-admin-secret";

export const adminSecret = () => sessionStorage.getItem(SECRET);
export const keepAdminSecret = (text) => sessionStorage.setItem(SECRET, text);
export const forgetAdminSecret = () => sessionStorage.removeItem(SECRET);
