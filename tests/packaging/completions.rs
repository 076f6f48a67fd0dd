//! Completions, by the shells themselves: what each offers for the beginning of a line.

use std::fs;
use std::process::Command;

use super::tools::{PROGRAM, succeed, tool};

/// Beginnings of lines, and the word that each shell completes them to.
const LINES: &[(&str, &str)] = &[
    ("trento-alloy chec", "check"),
    ("trento-alloy check --offl", "--offline"),
    ("trento-alloy facts ga", "gather"),
    ("trento-alloy facts gather --arg", "--argument"),
    ("trento-alloy validate --fail-on e", "error"),
    ("trento-alloy inspect so", "sources"),
];

/// Drives a zsh at a terminal of its own: types each line and a tab, and writes down what then
/// stands there.
const ZSH: &str = r"
zmodload zsh/zpty
folder=$1 out=$2; shift 2
: >$out
zpty shell 'TERM=dumb zsh -f -i'
zpty -w shell 'fpath=('$folder' $fpath); autoload -Uz compinit; compinit -u -D
  show() { print -r -- $BUFFER >>'$out'; zle kill-whole-line }; zle -N show
  bindkey ^I complete-word ^X^X show; print ready >>'$out
lines() {
  for i in {1..200}; do (( $(wc -l <$out) >= $1 )) && return; sleep 0.1; done
  print -u2 nothing was offered; exit 1
}
n=1; lines $n
for line in $@; do
  zpty -w -n shell $line$'\t\x18\x18'
  (( n += 1 )); lines $n
done
zpty -d shell
";

#[test]
fn zsh_completes_lines() {
    let Some(mut zsh) = tool("zsh") else { return };
    let folder = tempfile::tempdir().unwrap();
    let script = succeed(Command::new(PROGRAM).args(["completions", "zsh"]));
    fs::write(folder.path().join("_trento-alloy"), script).unwrap();
    let drive = folder.path().join("drive");
    fs::write(&drive, ZSH).unwrap();
    let out = folder.path().join("out");
    zsh.arg("-f").arg(drive).arg(folder.path()).arg(&out);
    succeed(zsh.args(LINES.iter().map(|(line, _)| line)));
    let found = fs::read_to_string(&out).unwrap();
    let mut found = found.lines().skip(1);
    for (line, word) in LINES {
        let whole = found.next().unwrap_or_default().trim_end_matches([' ', '=']);
        assert!(whole.starts_with(&line[..line.rfind(' ').unwrap()]), "{whole}");
        assert!(whole.ends_with(word), "{line}: {whole}");
    }
}

#[test]
fn fish_completes_lines() {
    let Some(_) = tool("fish") else { return };
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("trento-alloy.fish");
    fs::write(&script, succeed(Command::new(PROGRAM).args(["completions", "fish"]))).unwrap();
    for (line, word) in LINES {
        let ask = format!("source {}; complete -C '{line}'", script.display());
        let mut fish = Command::new("fish");
        fish.args(["--no-config", "-c", &ask]).env("HOME", folder.path());
        let offered = succeed(&mut fish);
        let words: Vec<&str> = offered.lines().filter_map(|line| line.split('\t').next()).collect();
        assert_eq!(words, [*word], "{line}");
    }
}
