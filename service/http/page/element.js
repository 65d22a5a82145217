// Elements with text in them. Nothing here or elsewhere writes HTML, so no content can become markup.

export function element(tag, content, className) {
  const node = document.createElement(tag);
  if (content !== undefined) node.textContent = content;
  if (className) node.className = className;
  return node;
}

export function find(id) {
  return document.getElementById(id);
}

export function checkbox(label, value) {
  const node = element("label");
  const box = element("input");
  box.type = "checkbox";
  box.value = value;
  node.append(box, ` ${label}`);
  return node;
}
