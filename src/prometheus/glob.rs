//! Paths with wildcards in their last part, as Go's `filepath.Glob` finds them.

use camino::{Utf8Path, Utf8PathBuf};

use crate::system::HostFiles;

/// The paths that fit; nothing where none does, or the pattern is none.
pub(super) fn paths(files: &HostFiles, pattern: &Utf8Path) -> Vec<Utf8PathBuf> {
    let is_pattern = |text: &str| text.contains(['*', '?', '[', '\\']);
    if !is_pattern(pattern.as_str()) {
        return if files.exists(pattern) { vec![pattern.to_owned()] } else { Vec::new() };
    }
    let (folder, name) = match (pattern.parent(), pattern.file_name()) {
        (Some(folder), Some(name)) if !is_pattern(folder.as_str()) => (folder, name),
        _ => return Vec::new(),
    };
    let listed = if folder == "" { Utf8Path::new(".") } else { folder };
    let entries = files.read_dir(listed).unwrap_or_default();
    let fits = |entry: &String| matches(name.as_bytes(), entry.as_bytes());
    entries.into_iter().map(|entry| entry.name).filter(fits).map(|it| folder.join(it)).collect()
}

/// Whether a name fits a pattern of `*`, `?` and `[a-z]`; bounded by their lengths' product.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut in_name) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        if pattern.get(at) == Some(&b'*') {
            star = Some((at + 1, in_name));
            at += 1;
            continue;
        }
        if at == pattern.len() && in_name == name.len() {
            return true;
        }
        if let Some(length) = one(&pattern[at..], name.get(in_name)) {
            at += length;
            in_name += 1;
            continue;
        }
        match star {
            Some((behind, taken)) if taken < name.len() => {
                star = Some((behind, taken + 1));
                at = behind;
                in_name = taken + 1;
            }
            _ => return false,
        }
    }
}

/// How much of the pattern takes this byte; nothing if it does not fit.
fn one(pattern: &[u8], byte: Option<&u8>) -> Option<usize> {
    let byte = *byte?;
    match pattern.first()? {
        b'?' => Some(1),
        b'\\' => (pattern.get(1) == Some(&byte)).then_some(2),
        b'[' => {
            let close = pattern.iter().skip(2).position(|&c| c == b']')? + 2;
            let inside = &pattern[1..close];
            let (negated, inside) = match inside.first() {
                Some(b'^') => (true, &inside[1..]),
                _ => (false, inside),
            };
            let mut found = false;
            let mut at = 0;
            while at < inside.len() {
                if inside.get(at + 1) == Some(&b'-') && at + 2 < inside.len() {
                    found |= (inside[at]..=inside[at + 2]).contains(&byte);
                    at += 3;
                } else {
                    found |= inside[at] == byte;
                    at += 1;
                }
            }
            (found != negated).then_some(close + 1)
        }
        literal => (*literal == byte).then_some(1),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_takes_any_run_of_bytes() {
        let matches = |pattern: &str, name: &str| matches(pattern.as_bytes(), name.as_bytes());
        assert!(matches("*.yml", "a.yml"));
        assert!(matches("a*b*c", "axxbyybc"));
        assert!(matches("[a-c]?", "bx"));
        assert!(!matches("*.yml", "a.yaml"));
        assert!(!matches("[^a]", "a"));
    }
}
