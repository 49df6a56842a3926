// The drawing tools: Geoman takes the line or the area, the server owns the topology.

import { byId, el, fill, icon } from "../dom.js";
import { t } from "../words.js";

/** name → {key, icon, title, hint, draw: Line | Polygon | null, needs: grids to be chosen first} */
export const TOOLS = {
  select: { key: "v", icon: "pointer", title: () => t("Select"), hint: () => t("Click a grid to see its figures and what can be done with it."), draw: null },
  split: { key: "s", icon: "scissors", title: () => t("Split"), hint: () => t("Draw a line across the grid; double-click ends it. It may overshoot."), draw: "Line" },
  move_edge: { key: "r", icon: "vector-bezier-2", title: () => t("Reshape"), hint: () => t("Choose a grid, then draw the new run of its border, from border to border."), draw: "Line", needs: 1 },
  move_vertex: { key: "x", icon: "vector", title: () => t("Corners"), hint: () => t("Choose a grid and drag its corners. All neighbours follow."), draw: null, needs: 1 },
  merge: { key: "m", icon: "arrows-join", title: () => t("Join"), hint: () => t("Click the grid that stays, then the one that joins it."), draw: null },
  reassign: { key: "g", icon: "shape", title: () => t("Give area"), hint: () => t("Choose the grid that takes, then draw the area that goes over to it."), draw: "Polygon", needs: 1 },
  create: { key: "n", icon: "circle-plus", title: () => t("New grid"), hint: () => t("Draw the outline of the new grid, on uncovered ground or out of other grids."), draw: "Polygon" },
  remark: { key: "c", icon: "message-plus", title: () => t("Remark"), hint: () => t("Click the place that the remark is about."), draw: null },
};

export class Tools {
  /** `onDrawn(tool, geometry, done)`: called while a line grows (done false) and when it is finished. */
  constructor(frame, { onChange, onDrawn }) {
    this.frame = frame;
    this.name = "select";
    this.enabled = false;
    this.onChange = onChange;
    this.onDrawn = onDrawn;
    frame.pm.setGlobalOptions({ snappable: true, snapDistance: 14, pmIgnore: false, finishOn: "dblclick", allowSelfIntersection: true });
    frame.pm.setLang("gridmap", { tooltips: { firstVertex: "", continueLine: "", finishLine: "", finishPoly: "" } }, "en");
    frame.on("pm:drawstart", ({ workingLayer }) => {
      workingLayer.on("pm:vertexadded", () => {
        const places = workingLayer.getLatLngs().map(({ lng, lat }) => [lng, lat]);
        if (TOOLS[this.name].draw === "Line" && places.length > 1) this.onDrawn(this.name, { type: "LineString", coordinates: places }, false);
      });
    });
    frame.on("pm:create", ({ layer }) => {
      const { geometry } = layer.toGeoJSON(9);
      layer.remove();
      this.onDrawn(this.name, geometry, true);
    });
    fill(
      byId("tools"),
      ...Object.entries(TOOLS).map(([name, tool]) =>
        el(
          "button",
          { type: "button", class: "tool", data: { tool: name }, title: `${tool.title()} (${tool.key.toUpperCase()})`, "aria-pressed": "false", "aria-keyshortcuts": tool.key, on: { click: () => this.use(name) } },
          icon(tool.icon),
          el("span", { text: tool.title() }),
          el("kbd", { text: tool.key.toUpperCase(), "aria-hidden": "true" }),
        ),
      ),
    );
  }

  /** Which tools may be used: all, or only looking and remarks. */
  allow(drawing, remarks) {
    this.enabled = drawing;
    for (const button of byId("tools").children) {
      const { tool } = button.dataset;
      button.disabled = tool === "remark" ? !remarks : tool !== "select" && !drawing;
    }
    if (!drawing && !["select", "remark"].includes(this.name)) this.use("select");
  }

  use(name) {
    if (name !== "select" && name !== "remark" && !this.enabled) return;
    this.name = name;
    this.frame.pm.disableDraw();
    for (const button of byId("tools").children) button.setAttribute("aria-pressed", String(button.dataset.tool === name));
    byId("hint").textContent = TOOLS[name].hint();
    this.frame.getContainer().classList.toggle("is-drawing", TOOLS[name].draw !== null);
    this.onChange(name);
  }

  /** Begin to draw, where the tool draws and what it needs was chosen. */
  begin(chosen) {
    const tool = TOOLS[this.name];
    if (tool.draw === null || chosen < (tool.needs ?? 0)) return;
    const style = { color: "#1f5f9e", weight: 3, dashArray: "6 5" };
    this.frame.pm.enableDraw(tool.draw, { templineStyle: style, hintlineStyle: style, pathOptions: style, tooltips: false, cursorMarker: true });
  }

  stop() {
    this.frame.pm.disableDraw();
  }
}
