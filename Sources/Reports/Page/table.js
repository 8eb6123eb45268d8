// Tables that sort by the column whose header is pressed, and whose rows play.
"use strict";
(() => {
  const { data, make, samplesOf, waveFile } = undertone;
  for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
    const numberIn = (cell) => Number(cell.textContent.replace("−", "-") || NaN);

    const sort = (head, column) => {
      const isRising = head.getAttribute("aria-sort") !== "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", isRising ? "ascending" : "descending");
      const rows = [...body.rows], areNumbers = rows.every((row) => !Number.isNaN(numberIn(row.cells[column])));
      const compare = (a, b) => (areNumbers ? numberIn(a) - numberIn(b) :
        a.textContent.localeCompare(b.textContent, "en", { numeric: true }));
      rows.sort((a, b) => (isRising ? 1 : -1) * compare(a.cells[column], b.cells[column]));
      body.append(...rows);
    };
    for (const head of heads) {
      const button = make("button", { type: "button" }, head.textContent);
      // Its place, which a column of buttons in front moves.
      button.addEventListener("click", () => sort(head, head.cellIndex));
      head.replaceChildren(button);
    }
    // Columns of sounds, and in each row the places of its own.
    const columns = table.dataset.sounds.split(",");
    if (![...body.rows].some((row) => /[0-9]/.test(row.dataset.sounds))) continue;

    const audio = make("audio", { controls: true, hidden: true }), name = make("p", { className: "panel", hidden: true });
    const show = (button, words) => {
      button.textContent = words === "Play" ? "▶" : "❚❚";
      button.setAttribute("aria-label", `${words} ${button.title}`);
    };
    let playing;
    for (const event of ["pause", "ended"]) audio.addEventListener(event, () => { if (playing) show(playing, "Play"); });
    audio.addEventListener("play", () => { if (playing) show(playing, "Stop"); });
    const play = (button, row, place) => {
      if (playing === button && !audio.paused) return audio.pause();
      if (playing && playing !== button) { playing.closest("tr").className = ""; show(playing, "Play"); }
      if (playing !== button) {
        const sound = data.sounds[place];
        audio.src = waveFile(samplesOf(sound), sound.sampleRate);
        name.textContent = [...row.cells].slice(columns.length).map((cell) => cell.textContent).join(" · ");
        audio.hidden = name.hidden = false;
        row.className = "chosen";
      }
      playing = button;
      audio.play();
    };
    const added = columns.map((words) => make("th", { scope: "col" }, words));
    table.tHead.rows[0].prepend(...added);
    for (const row of body.rows) {
      const words = row.cells[0].textContent;
      row.prepend(...row.dataset.sounds.split(",").map((place, column) => {
        const cell = make("td");
        if (place) {
          const title = columns.length > 1 ? `${words}, ${columns[column]}` : words;
          const button = make("button", { type: "button", className: "play", title });
          show(button, "Play");
          button.addEventListener("click", () => play(button, row, Number(place)));
          cell.append(button);
        }
        return cell;
      }));
    }
    table.parentElement.before(name, audio);
  }
  document.documentElement.dataset.ready = "true";
})();
