//! The packed tables: texts by number, records by place. Knows no meaning; see `data/pack.rs`.

/// A table, by its place in the head of `tables.bin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Table {
    place: usize,
    columns: usize,
}

pub(super) const STRINGS: Table = Table { place: 0, columns: 2 };
pub(super) const VERSIONS: Table = Table { place: 1, columns: 3 };
pub(super) const MASKS: Table = Table { place: 2, columns: 4 };
pub(super) const COMPONENTS: Table = Table { place: 3, columns: 8 };
pub(super) const CONFIGS: Table = Table { place: 4, columns: 8 };
pub(super) const SERVICES: Table = Table { place: 5, columns: 8 };
pub(super) const FUNCTIONS: Table = Table { place: 6, columns: 6 };
pub(super) const CODECS: Table = Table { place: 7, columns: 10 };
pub(super) const NAMES: Table = Table { place: 8, columns: 3 };
pub(super) const TYPES: Table = Table { place: 9, columns: 6 };
pub(super) const FIELDS: Table = Table { place: 10, columns: 7 };

static POOL: &str = include_str!("data/strings.txt");
static CELLS: &[u8] = include_bytes!("data/tables.bin");

/// No text, no type.
pub(super) const NONE: u16 = u16::MAX;

impl Table {
    fn head(self, half: usize) -> usize {
        let at = self.place * 8 + half * 4;
        cell(at) as usize | (cell(at + 2) as usize) << 16
    }

    /// How many records there are.
    pub(super) fn len(self) -> u16 {
        self.head(1) as u16
    }

    /// One cell of one record.
    pub(super) fn get(self, record: u16, column: usize) -> u16 {
        cell(self.head(0) + (record as usize * self.columns + column) * 2)
    }

    /// The text whose number stands in a cell; empty where there is none.
    pub(super) fn text(self, record: u16, column: usize) -> &'static str {
        text(self.get(record, column))
    }

    /// The records whose first column is that text, in a table sorted by it.
    pub(super) fn named(self, name: &str) -> std::ops::Range<u16> {
        let start = self.partition(|known| known < name);
        let mut end = start;
        while end < self.len() && self.text(end, 0) == name {
            end += 1;
        }
        start..end
    }

    fn partition(self, is_before: impl Fn(&str) -> bool) -> u16 {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if is_before(self.text(middle, 0)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

/// The set of versions of that number, one bit a version.
pub(super) fn mask(number: u16) -> u64 {
    if number == NONE {
        return 0;
    }
    (0..4).map(|part| u64::from(MASKS.get(number, part)) << (16 * part)).sum()
}

fn text(number: u16) -> &'static str {
    if number == NONE {
        return "";
    }
    let offset =
        |number: u16| STRINGS.get(number, 0) as usize | (STRINGS.get(number, 1) as usize) << 16;
    &POOL[offset(number)..offset(number + 1)]
}

fn cell(at: usize) -> u16 {
    u16::from_le_bytes([CELLS[at], CELLS[at + 1]])
}
