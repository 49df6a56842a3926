// The language of the page: sentences, numbers, days. English sentences are the keys.

const boot = JSON.parse(document.getElementById("boot").textContent);
const locale = document.documentElement.lang;
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const share = new Intl.NumberFormat(locale, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const points = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: "exceptZero" });
const signed = new Intl.NumberFormat(locale, { maximumFractionDigits: 0, signDisplay: "exceptZero" });
const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "Asia/Shanghai" });
const moment = new Intl.DateTimeFormat(locale, {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
  timeZone: "Asia/Shanghai",
});

/** Translate a sentence and fill its {named} blanks. Filled values are never looked at again. */
export function t(sentence, blanks = {}) {
  const template = boot.words[sentence] ?? sentence;
  return template.replace(/\{(\w+)\}/g, (blank, name) => (name in blanks ? String(blanks[name]) : blank));
}

export const count = (value) => (value === null || value === undefined ? "–" : whole.format(value));
export const difference = (value) => signed.format(value);
export const differenceInPoints = (value) => points.format(value * 100);
export const date = (text) => (text ? day.format(new Date(`${text}T12:00:00+08:00`)) : "–");
export const time = (text) => (text ? moment.format(new Date(text)) : "–");

/** A share as a percentage. Rounded down near the top: 99.96 % must not read as 100 %. */
export function percent(value) {
  if (value === null || value === undefined) return "–";
  return share.format(value < 1 ? Math.floor(value * 1000) / 1000 : 1);
}

/** An area in the unit that people would use for it. */
export function area(squareMetres) {
  if (squareMetres >= 100_000) return `${(squareMetres / 1e6).toLocaleString(locale, { maximumFractionDigits: 2 })} km²`;
  const digits = squareMetres < 10 ? 2 : 0;
  return `${squareMetres.toLocaleString(locale, { maximumFractionDigits: digits })} m²`;
}

export { boot };
