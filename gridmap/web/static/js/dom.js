// Builds elements. Text is always textContent: no name, code or sentence is ever read as markup.

/** Make an element: el("a", {class: "x", href: "#", text: name, on: {click}}, child, …). Null children are skipped. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") element.textContent = value;
    else if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else if (name === "data") Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Replace everything inside an element. */
export function fill(parent, ...children) {
  parent.replaceChildren(...children.filter((child) => child !== null && child !== undefined));
}

const SVG = "http://www.w3.org/2000/svg";

/** Make an SVG element. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Make an icon of the local sprite. */
export function icon(name, extra = "") {
  const sprite = document.body.dataset.icons;
  return svg("svg", { class: `icon ${extra}`, "aria-hidden": "true" }, svg("use", { href: `${sprite}#${name}` }));
}

export const byId = (id) => document.getElementById(id);
