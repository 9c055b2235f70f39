// An independent terminal: xterm.js without a browser.
//
// Each line of input is a JSON object: {rows, cols, output: [base64, …]}. A new terminal is
// fed the pieces; the answer is a JSON array of lines that say all that is known of it, in
// the same words for the same thing, or that it failed. NODE_PATH says where the packages are.

"use strict";
const { Terminal } = require("@xterm/headless");
const { Unicode11Addon } = require("@xterm/addon-unicode11");
const readline = require("node:readline");

const HISTORY = 500;

const color = (mode, value) =>
  ({ 0: "", 0x1000000: `${value}`, 0x2000000: `${value}`, 0x3000000: `#${value.toString(16)}` })[mode];

const FOR_GLYPHS = ["Bold", "Dim", "Italic", "Blink", "Invisible"];
const FOR_BLANKS = ["Inverse", "Strikethrough", "Overline"];

// What can be seen of a cell or of the pen. Of a blank, that is less.
function look(core, cell, blank) {
  const words = [];
  const fg = color(cell.getFgColorMode(), cell.getFgColor());
  const bg = color(cell.getBgColorMode(), cell.getBgColor());
  const lined = cell.isUnderline() || cell.isStrikethrough() || cell.isOverline();
  if (fg && (!blank || lined || cell.isInverse())) words.push(`fg=${fg}`);
  if (bg) words.push(`bg=${bg}`);
  for (const name of blank ? FOR_BLANKS : [...FOR_GLYPHS, ...FOR_BLANKS]) {
    if (cell[`is${name}`]()) words.push(name.toLowerCase());
  }
  if (cell.isUnderline()) {
    words.push(`underline=${cell.getUnderlineStyle() || 1}`);
    const line = color(cell.getUnderlineColorMode(), cell.getUnderlineColor());
    // After SGR 59 it has white for none.
    if (!cell.isUnderlineColorDefault() && line !== "#ffffff") words.push(`line=${line}`);
  }
  const link = cell.extended.urlId && core._oscLinkService.getLinkData(cell.extended.urlId);
  if (link) words.push(`link=${link.uri}`);
  return words.join(",");
}

function row(core, line, cols) {
  const cell = line.getCell(0);
  let out = "";
  let before = "";
  for (let col = 0; col < cols; col++) {
    line.getCell(col, cell);
    if (cell.getWidth() === 0) continue;
    const now = look(core, cell, !cell.getChars().trim());
    if (now !== before) out += `{${now}}`;
    before = now;
    out += cell.getChars() || " ";
  }
  // Blanks in a style of their own are to be seen.
  return before ? `${out}{end}` : out.trimEnd();
}

function rows(core, buffer, name, cols, count) {
  const out = [];
  for (let at = 0; at < count; at++) {
    out.push(`${name} ${at}: ${row(core, buffer.getLine(buffer.baseY + at), cols)}`);
  }
  return out;
}

function history(core, buffer, cols) {
  const out = [];
  for (let at = 1; at <= buffer.baseY; at++) {
    out.push(`history -${at}: ${row(core, buffer.getLine(buffer.baseY - at), cols)}`);
  }
  return out;
}

function describe(terminal) {
  const core = terminal._core;
  const { active, normal } = terminal.buffer;
  const inner = core.buffers.active;
  const pen = Object.assign(terminal.buffer.active.getNullCell(), {});
  const attributes = core._inputHandler._curAttrData;
  pen.fg = attributes.fg;
  pen.bg = attributes.bg;
  pen.extended = attributes.extended;
  const { cols } = terminal;
  return [
    ...rows(core, active, active.type, cols, terminal.rows),
    ...(active.type === "alternate" ? rows(core, normal, "normal", cols, terminal.rows) : []),
    ...history(core, normal, cols),
    `cursor: ${active.cursorY},${active.cursorX}`,
    `cursor hidden: ${core.coreService.isCursorHidden}`,
    `pen: ${look(core, pen)}`,
    `region: ${inner.scrollTop}-${inner.scrollBottom}`,
    // One in the first column stops nothing.
    `tab stops: ${Object.keys(inner.tabs).filter((at) => at > 0 && inner.tabs[at]).join(" ")}`,
    `charsets: ${core._charsetService.glevel} ${JSON.stringify(Object.keys(core._charsetService.charset || {}).length)}`,
    `title: ${core._inputHandler._windowTitle}`,
    `modes: ${JSON.stringify({ ...terminal.modes, ...core.coreService.decPrivateModes })}`,
    `new line mode: ${terminal.options.convertEol}`,
    `mouse: ${core.coreMouseService.activeProtocol} ${core.coreMouseService.activeEncoding}`,
  ];
}

// Where xterm.js departs from xterm, which both it and we mean to follow. Each is mended here
// by name, so that what is left are differences that nobody has explained.
const MENDED = {
  // xterm erases and edits in the last column while a wrap is pending, and the wrap is off;
  // xterm.js thinks itself behind the last column, and does nothing.
  "an edit while a wrap is pending": (terminal) => {
    const bounded = () => {
      const buffer = terminal._core.buffers.active;
      buffer.x = Math.min(buffer.x, terminal.cols - 1);
      return false;
    };
    for (const final of ["K", "J", "X", "P", "@"]) {
      terminal.parser.registerCsiHandler({ final }, bounded);
    }
  },
  // A reset shows the cursor. Whether it ends the title is agreed on by nobody; ours does.
  "a hidden cursor and a title after RIS": (terminal) => {
    terminal.parser.registerEscHandler({ final: "c" }, () => {
      terminal._core.coreService.isCursorHidden = false;
      terminal._core._inputHandler._windowTitle = "";
      return false;
    });
  },
  // A saved cursor is in a row of the screen; xterm.js counts from the top of the history.
  // And it is saved and restored with all that the pen has, here without links and styles
  // of underlines.
  "the row and the look of a saved cursor": (terminal) => {
    const core = terminal._core;
    for (const buffer of [core.buffers.normal, core.buffers.alt]) {
      let row = 0;
      Object.defineProperty(buffer, "savedY", {
        get: () => row + buffer.ybase,
        set: (y) => { row = y - buffer.ybase; },
      });
    }
    const handler = core._inputHandler;
    const { saveCursor, restoreCursor, softReset } = handler;
    const saved = () => handler._activeBuffer.savedCurAttrData;
    handler.saveCursor = (...all) => {
      const done = saveCursor.apply(handler, all);
      saved().extended = handler._curAttrData.extended.clone();
      return done;
    };
    handler.restoreCursor = (...all) => {
      const done = restoreCursor.apply(handler, all);
      handler._curAttrData.extended = saved().extended.clone();
      return done;
    };
    handler.softReset = (...all) => {
      const done = softReset.apply(handler, all);
      saved().extended = handler._curAttrData.extended.clone();
      return done;
    };
  },
  // There is one scrolling region. xterm.js has one for each screen, and forgets that of the
  // alternate screen when it is left.
  "a region set on the other screen": (terminal) => {
    const { buffers } = terminal._core;
    for (const name of ["activateNormalBuffer", "activateAltBuffer"]) {
      const activate = buffers[name];
      buffers[name] = (...all) => {
        const { scrollTop, scrollBottom } = buffers.active;
        activate.apply(buffers, all);
        Object.assign(buffers.active, { scrollTop, scrollBottom });
      };
    }
  },
  // It forgets a link when the lines that show it are gone, even if the pen still has it.
  "a link whose lines are gone": (terminal) => {
    terminal._core._oscLinkService._removeMarkerFromLink = () => {};
  },
  // What xterm scrolls off the top of the primary screen is history, whatever scrolled it.
  "lines that SU scrolls away": (terminal) => {
    terminal.parser.registerCsiHandler({ final: "S" }, (parameters) => {
      const core = terminal._core;
      const blank = core._inputHandler._eraseAttrData();
      const count = Math.min(parameters[0] || 1, terminal.rows);
      for (let done = 0; done < count; done++) core._bufferService.scroll(blank);
      return true;
    });
  },
};

function answer(asked) {
  const terminal = new Terminal({
    rows: asked.rows,
    cols: asked.cols,
    scrollback: HISTORY,
    allowProposedApi: true,
    // Not a matter of the output, and on by itself in no real terminal.
    convertEol: false,
    // Off by themselves in xterm.js, and on in xterm.
    windowOptions: { pushTitle: true, popTitle: true },
    logLevel: "off",
  });
  terminal.loadAddon(new Unicode11Addon());
  terminal.unicode.activeVersion = "11";
  Object.values(MENDED).forEach((mend) => mend(terminal));
  for (const piece of asked.output) {
    try {
      terminal._core.writeSync(Buffer.from(piece, "base64"));
    } catch (error) {
      return [`failed: ${error.message}`];
    }
  }
  const said = describe(terminal);
  terminal.dispose();
  return said;
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
  }
})();
