//! Elastic columns: text in cells, padded so that cells above each other begin together.
//!
//! A cell ends at a tab. Cells of consecutive lines that stand at the same place form a column, as
//! wide as its widest cell and a blank. The last cell of a line belongs to no column. A line of one
//! cell, or a hard line break, ends all columns. Widths count characters. This is what Go's
//! `text/tabwriter` does with `TabIndent` and `DiscardEmptyColumns`, byte for byte, because the
//! reference prints through it; blanks at the end of a line go, as the reference removes them.

/// Tabs that pad the beginning of a line are this wide.
const TAB_WIDTH: u32 = 8;

const TABS: &str = "\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t";
const BLANKS: &str = "                                        ";

#[derive(Clone, Copy)]
struct Cell {
    /// Its text, in [`Columns::text`].
    start: u32,
    end: u32,
    /// Whether a hard tab ended it; a soft one makes no column of its own where all is empty.
    hard: bool,
}

#[derive(Clone, Copy)]
struct Line {
    /// How many empty cells ended by hard tabs come first. They are not among the cells.
    indent: u32,
    /// Where its other cells begin, in [`Columns::cells`].
    first: u32,
}

/// Part of the lines that is being laid out: one column less than the part it is in.
#[derive(Clone, Copy)]
struct Part {
    /// Lines before this one have been written.
    written: usize,
    end: usize,
}

#[derive(Default)]
pub(super) struct Columns {
    out: String,
    /// Blanks of `out` before this offset are never taken for the end of a line.
    floor: usize,
    /// Text of the lines that are yet to be laid out.
    text: String,
    /// Ranges of `text` that are to be kept as they are, the blanks at their ends too.
    verbatim: Vec<(u32, u32)>,
    cells: Vec<Cell>,
    lines: Vec<Line>,
    /// Number of empty cells at the beginning of the current line.
    indent: u32,
    /// Index of the first cell of the current line.
    first: u32,
    /// Where the text of the current cell begins.
    cell: u32,
    /// Layout: widths of the columns behind the common indent, and parts within parts.
    widths: Vec<u32>,
    parts: Vec<Part>,
    next_verbatim: usize,
    /// How long the text may become.
    limit: usize,
    /// Whether it would have become longer.
    pub(super) is_too_long: bool,
}

impl Columns {
    pub(super) fn new(capacity: usize, limit: usize) -> Columns {
        Columns {
            out: String::with_capacity(capacity),
            text: String::with_capacity(256),
            cells: Vec::with_capacity(32),
            lines: Vec::with_capacity(16),
            limit,
            ..Columns::default()
        }
    }

    /// Adds text that holds no tab and no line break.
    #[inline]
    pub(super) fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(super) fn blank(&mut self) {
        self.text.push(' ');
    }

    /// Adds text in which tabs and line breaks mean what they mean everywhere, and says whether
    /// it may have changed thereby.
    pub(super) fn interpreted(&mut self, mut text: &str) -> bool {
        let mut is_changed = false;
        while let Some(at) = text.bytes().position(|byte| matches!(byte, b'\t'..=b'\x0c')) {
            self.text(&text[..at]);
            let sign = text.as_bytes()[at];
            is_changed |= sign != b'\n' || text[..at].ends_with(' ');
            match sign {
                b'\t' => self.hard_tab(),
                b'\n' => self.newline(),
                b'\x0b' => self.soft_tab(),
                _ => self.hard_break(),
            }
            text = &text[at + 1..];
        }
        self.text(text);
        is_changed
    }

    /// Adds text that is kept as it is, whatever it holds.
    pub(super) fn verbatim(&mut self, text: &str) {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        self.verbatim.push((start, self.text.len() as u32));
    }

    /// Begins a line with empty cells.
    pub(super) fn indent(&mut self, depth: u32) {
        self.indent += depth;
    }

    pub(super) fn hard_tab(&mut self) {
        if self.cell as usize == self.text.len() && self.first as usize == self.cells.len() {
            self.indent += 1;
        } else {
            self.end_cell(true);
        }
    }

    pub(super) fn soft_tab(&mut self) {
        self.end_cell(false);
    }

    /// Ends a line. The next one goes on with its columns, unless it was but one cell.
    pub(super) fn newline(&mut self) {
        self.end_line();
        if self.indent == 0 && self.cells.len() == self.first as usize + 1 {
            self.lay_out(true);
        }
        self.begin_line();
    }

    /// Ends a line and all columns.
    pub(super) fn hard_break(&mut self) {
        self.end_line();
        self.lay_out(true);
        self.begin_line();
    }

    /// The laid-out text, without blanks at its end.
    pub(super) fn finish(&mut self) -> String {
        self.end_line();
        self.lay_out(false);
        self.trim();
        std::mem::take(&mut self.out)
    }

    fn end_cell(&mut self, hard: bool) {
        let end = self.text.len() as u32;
        self.cells.push(Cell { start: self.cell, end, hard });
        self.cell = end;
    }

    fn end_line(&mut self) {
        self.end_cell(false);
        self.lines.push(Line { indent: self.indent, first: self.first });
    }

    fn begin_line(&mut self) {
        self.indent = 0;
        self.first = self.cells.len() as u32;
        self.cell = self.text.len() as u32;
    }

    /// Writes the pending lines, the last of them with or without its line break.
    fn lay_out(&mut self, broken: bool) {
        if let [line] = self.lines[..]
            && self.cells.len() == line.first as usize + 1
        {
            self.write_lines(0, 1, line.indent, broken);
            return self.begin_section();
        }
        let common = self.lines.iter().map(|line| line.indent).min().unwrap_or_default();
        self.widths.clear();
        self.parts.push(Part { written: 0, end: self.lines.len() });
        let mut this = 0;
        while let Some(part) = self.parts.pop() {
            let column = common + self.widths.len() as u32;
            while this < part.end && !self.has_column(this, column) {
                this += 1;
            }
            self.write_lines(part.written, this, common, broken);
            if this == part.end {
                self.widths.pop();
                continue;
            }
            let mut end = this + 1;
            while end < part.end && self.has_column(end, column) {
                end += 1;
            }
            let width = self.column_width(this, end, column);
            self.widths.push(width);
            self.parts.push(Part { written: end, ..part });
            self.parts.push(Part { written: this, end });
        }
        self.begin_section();
    }

    /// Forgets the lines that were written.
    fn begin_section(&mut self) {
        self.lines.clear();
        self.cells.clear();
        self.text.clear();
        self.verbatim.clear();
        self.next_verbatim = 0;
    }

    /// Whether a line has a cell in a column. The last cell of a line is in none.
    fn has_column(&self, line: usize, column: u32) -> bool {
        column + 1 < self.lines[line].indent + self.cells_of(line).len() as u32
    }

    fn cells_of(&self, line: usize) -> &[Cell] {
        let next = self.lines.get(line + 1).map_or(self.cells.len(), |line| line.first as usize);
        &self.cells[self.lines[line].first as usize..next]
    }

    fn column_width(&self, first: usize, end: usize, column: u32) -> u32 {
        let mut width = 0;
        let mut is_empty = true;
        for line in first..end {
            let Some(index) = column.checked_sub(self.lines[line].indent) else {
                width = width.max(1);
                is_empty = false;
                continue;
            };
            let cell = self.cells_of(line)[index as usize];
            let text = &self.text[cell.start as usize..cell.end as usize];
            width = width.max(characters(text) + 1);
            is_empty &= text.is_empty() && !cell.hard;
        }
        if is_empty { 0 } else { width }
    }

    fn write_lines(&mut self, first: usize, end: usize, common: u32, broken: bool) {
        for line in first..end {
            self.write_line(line, common);
            if line + 1 < self.lines.len() || broken {
                self.trim();
                self.out.push('\n');
                self.floor = self.out.len();
            }
        }
    }

    fn write_line(&mut self, line: usize, common: u32) {
        let Line { indent, first } = self.lines[line];
        let count = self.cells_of(line).len();
        self.pad('\t', common);
        for column in 0..indent - common {
            let width = self.widths.get(column as usize).copied().unwrap_or_default();
            self.pad('\t', width.div_ceil(TAB_WIDTH));
        }
        let mut is_leading = true;
        for index in 0..count {
            let cell = self.cells[first as usize + index];
            let width = self.widths.get((indent - common) as usize + index).copied();
            if cell.start == cell.end {
                match width {
                    Some(width) if is_leading => self.pad('\t', width.div_ceil(TAB_WIDTH)),
                    Some(width) => self.pad(' ', width),
                    None => {}
                }
                continue;
            }
            is_leading = false;
            self.write_cell(cell);
            if let Some(width) = width {
                let text = &self.text[cell.start as usize..cell.end as usize];
                self.pad(' ', width - characters(text));
            }
        }
    }

    fn write_cell(&mut self, cell: Cell) {
        self.out.push_str(&self.text[cell.start as usize..cell.end as usize]);
        while let Some(&(_, end)) = self.verbatim.get(self.next_verbatim) {
            if end > cell.end {
                break;
            }
            self.floor = self.out.len() - (cell.end - end) as usize;
            self.next_verbatim += 1;
        }
    }

    fn pad(&mut self, with: char, count: u32) {
        if self.out.len() + count as usize > self.limit {
            self.is_too_long = true;
            return;
        }
        let pieces = if with == '\t' { TABS } else { BLANKS };
        let mut left = count as usize;
        while left > pieces.len() {
            self.out.push_str(pieces);
            left -= pieces.len();
        }
        self.out.push_str(&pieces[..left]);
    }

    /// Removes blanks at the end of the text.
    fn trim(&mut self) {
        let tail = &self.out[self.floor..];
        let kept = tail.trim_end_matches([' ', '\t']).len();
        self.out.truncate(self.floor + kept);
    }
}

/// How wide a text is: the number of its characters.
fn characters(text: &str) -> u32 {
    let count = if text.is_ascii() { text.len() } else { text.chars().count() };
    count as u32
}
