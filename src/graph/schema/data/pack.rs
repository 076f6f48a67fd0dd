//! From `facts.tsv` to the two files that are compiled in: one text and one table of numbers.
//!
//! `strings.txt` is every text once, one after another. `tables.bin` begins with one pair of
//! `u32` a table (offset, records); a record is a row of little-endian `u16`. The order of tables
//! and columns is that of `tables.rs`.

use std::collections::BTreeMap;

/// The two files.
pub struct Packed {
    /// `strings.txt`
    pub strings: String,
    /// `tables.bin`
    pub tables: Vec<u8>,
}

/// Tables by their place in the head of `tables.bin`.
const TABLES: usize = 11;
const STRINGS: usize = 0;
const VERSIONS: usize = 1;
const MASKS: usize = 2;
const COMPONENTS: usize = 3;
const CONFIGS: usize = 4;
const SERVICES: usize = 5;
const FUNCTIONS: usize = 6;
const CODECS: usize = 7;
const NAMES: usize = 8;
const TYPES: usize = 9;
const FIELDS: usize = 10;

/// No text, no type.
const NONE: u16 = u16::MAX;

#[derive(Default)]
struct Packer {
    versions: Vec<String>,
    strings: BTreeMap<String, u16>,
    pool: String,
    masks: BTreeMap<u64, u16>,
    types: BTreeMap<String, u16>,
    tables: [Vec<u16>; TABLES],
    columns: [usize; TABLES],
}

/// Packs the facts.
///
/// # Errors
/// A line is not understood; the text says which.
pub fn pack(facts: &str) -> Result<Packed, String> {
    let mut packer = Packer::default();
    packer.name_types(facts);
    for (number, line) in facts.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('\t').collect();
        packer
            .fact(&|index| columns.get(index).copied().unwrap_or_default())
            .ok_or_else(|| format!("facts.tsv, line {}: not understood", number + 1))?;
    }
    Ok(packer.finish())
}

impl Packer {
    /// Gives each type its number: types are sorted by name, as the facts are.
    fn name_types(&mut self, facts: &str) {
        for line in facts.lines().filter_map(|line| line.strip_prefix("type\t")) {
            let name = line.split('\t').next().unwrap_or_default();
            let next = self.types.len() as u16;
            self.types.entry(name.to_owned()).or_insert(next);
        }
    }

    /// Packs one line; none if it makes no sense.
    fn fact<'l>(&mut self, column: &dyn Fn(usize) -> &'l str) -> Option<()> {
        match column(0) {
            "version" => {
                self.versions.push(column(1).to_owned());
                let row = [self.text(column(1)), self.text(column(2)), self.text(column(3))];
                self.row(VERSIONS, &row)
            }
            "component" => self.entry(COMPONENTS, column),
            "config" => self.entry(CONFIGS, column),
            "service" => self.entry(SERVICES, column),
            "function" => self.function(column),
            "codec" => self.codec(column),
            "type" => self.body(column),
            "" => self.field(column),
            _ => None,
        }
    }

    fn entry<'l>(&mut self, table: usize, column: &dyn Fn(usize) -> &'l str) -> Option<()> {
        let stability = place(
            &["generally-available", "public-preview", "experimental", "community"],
            column(3),
        )?;
        let row = [
            self.text(column(1)),
            self.mask(column(2))?,
            stability,
            self.type_number(column(4))?,
            self.type_number(column(5))?,
            u16::from(column(6) != "none"),
            self.text(column(7)),
            self.text(column(8)),
        ];
        self.row(table, &row)
    }

    fn function<'l>(&mut self, column: &dyn Fn(usize) -> &'l str) -> Option<()> {
        let row = [
            self.text(column(1)),
            self.mask(column(2))?,
            place(&["namespace", "function", "value"], column(3))?,
            flags(&["deprecated", "experimental"], column(4))?,
            self.text(column(5)),
            self.text(column(6)),
        ];
        self.row(FUNCTIONS, &row)
    }

    fn codec<'l>(&mut self, column: &dyn Fn(usize) -> &'l str) -> Option<()> {
        let row = [
            self.text(column(1)),
            self.mask(column(2))?,
            u16::from(column(3) == "capsule"),
            self.text(column(4)),
            flags(&["fold", "open", "random", "from_object", "from_string"], column(5))?,
            self.text(column(6)),
            self.text(column(7)),
            self.text(column(8)),
            self.text(column(9)),
            self.text(column(10)),
        ];
        self.row(CODECS, &row)
    }

    fn body<'l>(&mut self, column: &dyn Fn(usize) -> &'l str) -> Option<()> {
        let variant = self.records(TYPES);
        if self.type_number(column(1))? == self.records(NAMES) {
            let name = self.text(column(1));
            self.row(NAMES, &[name, variant, 0])?;
        }
        *self.tables[NAMES].last_mut()? += 1;
        let mut methods = [NONE; 3];
        for method in column(3).split_whitespace() {
            let (name, range) = method.split_once('@').unwrap_or((method, ""));
            let mask = self.mask(range)?;
            methods[usize::from(place(&["default", "validate", "unmarshal"], name)?)] = mask;
        }
        let first = self.records(FIELDS);
        let row = [self.mask(column(2))?, first, 0, methods[0], methods[1], methods[2]];
        self.row(TYPES, &row)
    }

    fn field<'l>(&mut self, column: &dyn Fn(usize) -> &'l str) -> Option<()> {
        let kind = place(&["attr", "block", "enum", "label"], column(2))?;
        let required = u16::from(column(3).starts_with('!'));
        let repeat = match column(3).trim_start_matches('!') {
            "" => 0,
            "*" => 1,
            count => count.parse::<u16>().ok()?.checked_add(1)?,
        };
        let is_body = kind == 1 || kind == 2;
        let row = [
            self.text(column(1)),
            kind | required << 2 | repeat << 3,
            self.mask(column(4))?,
            if is_body { self.type_number(column(5))? } else { self.text(column(5)) },
            self.text(column(6)),
            self.text(column(7)),
            self.text(column(8)),
        ];
        let count = self.tables[TYPES].len() - 4;
        self.tables[TYPES][count] += 1;
        self.row(FIELDS, &row)
    }

    fn text(&mut self, text: &str) -> u16 {
        if text.is_empty() {
            return NONE;
        }
        if let Some(&known) = self.strings.get(text) {
            return known;
        }
        let number = self.strings.len() as u16;
        let start = self.pool.len() as u32;
        self.pool.push_str(text);
        self.strings.insert(text.to_owned(), number);
        self.tables[STRINGS].extend([start as u16, (start >> 16) as u16]);
        number
    }

    /// `..v1.11.3,v1.12.0..`, or nothing for all versions, as a number of a set of versions.
    fn mask(&mut self, ranges: &str) -> Option<u16> {
        let mut mask = 0;
        for range in ranges.split(',') {
            let (first, last) = if range.is_empty() {
                ("", "")
            } else {
                range.split_once("..").unwrap_or((range, range))
            };
            let at = |name: &str| self.versions.iter().position(|version| version == name);
            let first = if first.is_empty() { 0 } else { at(first)? };
            let last = if last.is_empty() { self.versions.len() - 1 } else { at(last)? };
            for bit in first..=last {
                mask |= 1_u64 << bit;
            }
        }
        if let Some(&known) = self.masks.get(&mask) {
            return Some(known);
        }
        let number = self.masks.len() as u16;
        self.masks.insert(mask, number);
        self.tables[MASKS].extend((0..4).map(|part| (mask >> (16 * part)) as u16));
        Some(number)
    }

    fn type_number(&self, name: &str) -> Option<u16> {
        if name.is_empty() { Some(NONE) } else { self.types.get(name).copied() }
    }

    fn records(&self, table: usize) -> u16 {
        self.tables[table].len().checked_div(self.columns[table]).unwrap_or(0) as u16
    }

    fn row(&mut self, table: usize, row: &[u16]) -> Option<()> {
        self.columns[table] = row.len();
        self.tables[table].extend_from_slice(row);
        Some(())
    }

    fn finish(mut self) -> Packed {
        let end = self.pool.len() as u32;
        self.tables[STRINGS].extend([end as u16, (end >> 16) as u16]);
        self.columns[STRINGS] = 2;
        self.columns[MASKS] = 4;
        let mut offset = TABLES as u32 * 8;
        let mut tables = Vec::new();
        for (table, columns) in self.tables.iter().zip(self.columns) {
            tables.extend(offset.to_le_bytes());
            tables.extend(((table.len() / columns.max(1)) as u32).to_le_bytes());
            offset += table.len() as u32 * 2;
        }
        tables.extend(self.tables.iter().flatten().flat_map(|cell| cell.to_le_bytes()));
        Packed { strings: self.pool, tables }
    }
}

fn place(names: &[&str], name: &str) -> Option<u16> {
    names.iter().position(|known| *known == name).map(|place| place as u16)
}

fn flags(names: &[&str], given: &str) -> Option<u16> {
    let mut flags = 0;
    for name in given.split_whitespace() {
        flags |= 1 << place(names, name)?;
    }
    Some(flags)
}
