//! The packed tables: texts by number, records by place. Knows no meaning; see `data/pack.rs`.

use std::ops::Range;

/// A table of `tables.bin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Table {
    start: usize,
    records: u16,
    columns: usize,
}

pub(super) const STRINGS: Table = Table::new(0, 2);
pub(super) const VERSIONS: Table = Table::new(1, 3);
pub(super) const MASKS: Table = Table::new(2, 4);
pub(super) const COMPONENTS: Table = Table::new(3, 8);
pub(super) const CONFIGS: Table = Table::new(4, 8);
pub(super) const SERVICES: Table = Table::new(5, 8);
pub(super) const FUNCTIONS: Table = Table::new(6, 6);
pub(super) const CODECS: Table = Table::new(7, 10);
pub(super) const NAMES: Table = Table::new(8, 3);
pub(super) const TYPES: Table = Table::new(9, 6);
pub(super) const FIELDS: Table = Table::new(10, 7);

static POOL: &str = include_str!("data/strings.txt");
const CELLS: &[u8] = include_bytes!("data/tables.bin");

/// No text, no type.
pub(super) const NONE: u16 = u16::MAX;

impl Table {
    /// The table at a place in the head of the file, which says where each begins and ends.
    const fn new(place: usize, columns: usize) -> Table {
        let start = u32::from_le_bytes(bytes(place * 8)) as usize;
        let records = u32::from_le_bytes(bytes(place * 8 + 4)) as u16;
        Table { start, records, columns }
    }

    /// How many records there are.
    pub(super) fn len(self) -> u16 {
        self.records
    }

    /// One cell of one record.
    pub(super) fn get(self, record: u16, column: usize) -> u16 {
        u16::from_le_bytes(bytes(self.start + (record as usize * self.columns + column) * 2))
    }

    /// Whether that text is the one whose number stands in a cell.
    pub(super) fn is(self, record: u16, column: usize, wanted: &str) -> bool {
        match self.get(record, column) {
            NONE => wanted.is_empty(),
            number => {
                let range = range(number);
                range.len() == wanted.len() && POOL.as_bytes()[range] == *wanted.as_bytes()
            }
        }
    }

    /// The text whose number stands in a cell; empty where there is none.
    pub(super) fn text(self, record: u16, column: usize) -> &'static str {
        text(self.get(record, column))
    }

    /// The records whose first column is that text, in a table sorted by it.
    pub(super) fn named(self, name: &str) -> Range<u16> {
        let start = self.partition(|known| known < name);
        let mut end = start;
        while end < self.len() && self.is(end, 0, name) {
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
    u64::from_le_bytes(bytes(MASKS.start + usize::from(number) * 8))
}

fn text(number: u16) -> &'static str {
    if number == NONE { "" } else { &POOL[range(number)] }
}

/// Where a text lies in the pool: each begins where the one before it ends.
fn range(number: u16) -> Range<usize> {
    let at = STRINGS.start + usize::from(number) * 4;
    u32::from_le_bytes(bytes(at)) as usize..u32::from_le_bytes(bytes(at + 4)) as usize
}

const fn bytes<const N: usize>(at: usize) -> [u8; N] {
    match CELLS.split_at(at).1.first_chunk() {
        Some(bytes) => *bytes,
        None => panic!("the tables are cut off"),
    }
}
