// Unit codes: the meaningful prefix is the tree (gridmap/domain/codes.py holds the rule).

export function prefix(code) {
  if (code.length !== 12) return code;
  if (code.endsWith("000000")) return code.slice(0, 6);
  return code.endsWith("000") ? code.slice(0, 9) : code;
}

export const contains = (unit, code) => code.startsWith(prefix(unit));

export function levelOf(code) {
  if (code.length > 12) return "grid";
  return { 6: "county", 9: "town", 12: "community" }[prefix(code).length];
}

/** The unit of a level on the way from the county down to a grid. */
export function ancestor(grid, level) {
  if (level === "county") return `${grid.slice(0, 6)}000000`;
  if (level === "town") return `${grid.slice(0, 9)}000`;
  return level === "community" ? grid.slice(0, 12) : grid;
}

const BELOW = { county: "town", town: "community", community: "grid", grid: "grid" };

/** Where a click on a grid leads: one level down inside the present unit, across at the same level outside it. */
export function target(unit, grid) {
  const level = levelOf(unit);
  return ancestor(grid, contains(unit, grid) ? BELOW[level] : level);
}
