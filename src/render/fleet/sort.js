"use strict";
for (const head of document.querySelectorAll("#hosts thead th")) {
  let turn = 1;
  head.addEventListener("click", () => {
    const body = document.querySelector("#hosts tbody");
    const text = (row) => row.cells[head.cellIndex].textContent;
    const rows = [...body.rows].sort((a, b) =>
      turn * text(a).localeCompare(text(b), "en", { numeric: true }));
    turn = -turn;
    body.append(...rows);
  });
}
