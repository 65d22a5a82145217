// The API key: asked for when the server wants one, kept in this tab alone.

import { find } from "./element.js";

const STORED = "weir-key";
const field = find("key");

export function keyHeaders() {
  return field.value ? { authorization: `Bearer ${field.value}` } : {};
}

// Takes note of what an answer says of keys: that one is needed, or that nobody is asked for one.
export function heedKeys(response) {
  if (response.status === 401 || response.status === 403) find("keys").hidden = false;
  find("open").hidden = response.headers.get("x-weir-open") !== "true";
}

export function openKey() {
  field.value = sessionStorage.getItem(STORED) ?? "";
  find("keys").hidden = !field.value;
  field.addEventListener("change", () => sessionStorage.setItem(STORED, field.value));
}
