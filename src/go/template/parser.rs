//! Parses a template as Go does, as far as it matters to whether it is one. Nothing is kept but what
//! later words are checked against: names of variables and of templates.

use std::collections::BTreeMap;

use alloy_grammar::literal::{quote, unquote_bytes};

use super::lexer::{Kind, Lexer, Word};
use super::{functions, number};

/// What Alloy calls the templates of its log pipelines.
const NAME: &str = "pipeline_template";
/// How deep blocks and parentheses may nest before nothing is said.
const DEEPEST: usize = 100;

/// Why parsing ended early.
pub(super) enum Stop {
    /// It is no template, for this reason.
    Fault(String),
    /// It nests deeper than is looked at.
    TooDeep,
}

type Parsed<T> = Result<T, Stop>;

/// What was parsed, as far as anything asks for it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Node {
    /// Text of nothing but space.
    Blank,
    /// Anything else that is part of a list.
    Something,
    End,
    Else,
}

/// What an operand is.
enum Operand {
    /// What can be called or looked into.
    Executable,
    /// A constant or the dot, as it is written.
    Constant(String),
}

/// One template: the outer one, or one that is defined in it.
#[derive(Default)]
struct Tree {
    words: [Word; 3],
    peeked: usize,
    variables: Vec<String>,
    action_line: usize,
    ranges: usize,
}

pub(super) struct Parser<'t> {
    lexer: Lexer<'t>,
    tree: Tree,
    depth: usize,
    /// The templates by name, and whether there is something in each.
    templates: BTreeMap<Vec<u8>, bool>,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str) -> Parser<'t> {
        let (lexer, tree) = (Lexer::new(text), Tree::new());
        Parser { lexer, tree, depth: 0, templates: BTreeMap::new() }
    }

    /// Parses all of it.
    pub(super) fn parse(mut self) -> Parsed<()> {
        let mut has_something = false;
        while self.peek().kind != Kind::Eof {
            if self.peek().kind == Kind::LeftDelim {
                let delim = self.next();
                if self.next_word().kind == Kind::Define {
                    let outer = std::mem::replace(&mut self.tree, Tree::new());
                    self.definition()?;
                    self.tree = outer;
                    continue;
                }
                self.back_two(delim);
            }
            match self.text_or_action()? {
                Node::End => return self.fault("unexpected {{end}}"),
                Node::Else => return self.fault("unexpected {{else}}"),
                node => has_something |= node == Node::Something,
            }
        }
        self.add(NAME.into(), has_something)
    }

    fn next(&mut self) -> Word {
        if self.tree.peeked > 0 {
            self.tree.peeked -= 1;
        } else {
            self.tree.words[0] = self.lexer.next_word();
        }
        self.tree.words[self.tree.peeked].clone()
    }

    fn back(&mut self) {
        self.tree.peeked += 1;
    }

    fn back_two(&mut self, first: Word) {
        self.tree.words[1] = first;
        self.tree.peeked = 2;
    }

    fn back_three(&mut self, first: Word, second: Word) {
        self.tree.words[1] = second;
        self.tree.words[2] = first;
        self.tree.peeked = 3;
    }

    fn peek(&mut self) -> Word {
        if self.tree.peeked == 0 {
            self.tree.peeked = 1;
            self.tree.words[0] = self.lexer.next_word();
        }
        self.tree.words[self.tree.peeked - 1].clone()
    }

    /// The next word that is no space.
    fn next_word(&mut self) -> Word {
        loop {
            let word = self.next();
            if word.kind != Kind::Space {
                return word;
            }
        }
    }

    fn peek_word(&mut self) -> Word {
        let word = self.next_word();
        self.back();
        word
    }

    fn fault<T>(&self, message: impl AsRef<str>) -> Parsed<T> {
        let line = self.tree.words[0].line;
        Err(Stop::Fault(format!("template: {NAME}:{line}: {}", message.as_ref())))
    }

    fn unexpected<T>(&self, word: &Word, context: &str) -> Parsed<T> {
        if word.kind != Kind::Error {
            return self.fault(format!("unexpected {} in {context}", word.shown()));
        }
        let started = self.tree.action_line;
        let extra = match started {
            0 => String::new(),
            _ if started == word.line => String::new(),
            _ if word.text.ends_with(" action") => format!(" started at {NAME}:{started}"),
            _ => format!(" in action started at {NAME}:{started}"),
        };
        self.fault(format!("{}{extra}", word.text))
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Parsed<Word> {
        let word = self.next_word();
        if word.kind == kind { Ok(word) } else { self.unexpected(&word, context) }
    }

    /// Does something one level deeper.
    fn deeper<T>(&mut self, work: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= DEEPEST {
            return Err(Stop::TooDeep);
        }
        self.depth += 1;
        let done = work(self);
        self.depth -= 1;
        done
    }

    fn add(&mut self, name: Vec<u8>, has_something: bool) -> Parsed<()> {
        if !self.templates.get(&name).is_some_and(|has| *has) {
            self.templates.insert(name, has_something);
            return Ok(());
        }
        if !has_something {
            return Ok(());
        }
        let name = quote(&String::from_utf8_lossy(&name));
        self.fault(format!("template: multiple definition of template {name}"))
    }

    /// A `define`, behind that word.
    fn definition(&mut self) -> Parsed<()> {
        const CONTEXT: &str = "define clause";
        let word = self.next_word();
        if !matches!(word.kind, Kind::String | Kind::RawString) {
            return self.unexpected(&word, CONTEXT);
        }
        let name = self.unquoted(&word)?;
        self.expect(Kind::RightDelim, CONTEXT)?;
        let (has_something, end) = self.deeper(Self::list)?;
        if end != Node::End {
            return self.fault(format!("unexpected {{{{else}}}} in {CONTEXT}"));
        }
        self.add(name, has_something)
    }

    fn unquoted(&self, word: &Word) -> Parsed<Vec<u8>> {
        let content = unquote_bytes(&word.text).map(|text| text.into_owned());
        content.map_or_else(|| self.fault("invalid syntax"), Ok)
    }

    /// Text and actions up to `end` or `else`; whether there is something in it.
    fn list(&mut self) -> Parsed<(bool, Node)> {
        let mut has_something = false;
        while self.peek_word().kind != Kind::Eof {
            match self.text_or_action()? {
                end @ (Node::End | Node::Else) => return Ok((has_something, end)),
                node => has_something |= node == Node::Something,
            }
        }
        self.fault("unexpected EOF")
    }

    fn text_or_action(&mut self) -> Parsed<Node> {
        let word = self.next_word();
        match word.kind {
            Kind::Text if word.text.trim().is_empty() => Ok(Node::Blank),
            Kind::Text => Ok(Node::Something),
            Kind::LeftDelim => {
                self.tree.action_line = word.line;
                let node = self.action()?;
                self.tree.action_line = 0;
                Ok(node)
            }
            _ => self.unexpected(&word, "input"),
        }
    }

    fn action(&mut self) -> Parsed<Node> {
        let word = self.next_word();
        match word.kind {
            Kind::Block => self.block()?,
            Kind::Break => self.jump("{{break}}")?,
            Kind::Continue => self.jump("{{continue}}")?,
            Kind::Else => {
                if !matches!(self.peek_word().kind, Kind::If | Kind::With) {
                    self.expect(Kind::RightDelim, "else")?;
                }
                return Ok(Node::Else);
            }
            Kind::End => {
                self.expect(Kind::RightDelim, "end")?;
                return Ok(Node::End);
            }
            Kind::If => self.deeper(|it| it.control("if"))?,
            Kind::Range => self.deeper(|it| it.control("range"))?,
            Kind::With => self.deeper(|it| it.control("with"))?,
            Kind::Template => self.call()?,
            _ => {
                self.back();
                self.peek();
                self.pipeline("command", Kind::RightDelim)?;
            }
        }
        Ok(Node::Something)
    }

    fn jump(&mut self, name: &str) -> Parsed<()> {
        let word = self.next_word();
        if word.kind != Kind::RightDelim {
            return self.unexpected(&word, name);
        }
        if self.tree.ranges == 0 {
            return self.fault(format!("{name} outside {{{{range}}}}"));
        }
        Ok(())
    }

    fn control(&mut self, context: &str) -> Parsed<()> {
        let variables = self.tree.variables.len();
        self.pipeline(context, Kind::RightDelim)?;
        self.tree.ranges += usize::from(context == "range");
        let (_, end) = self.list()?;
        self.tree.ranges -= usize::from(context == "range");
        if end == Node::Else {
            let chained = match context {
                "if" => Some(Kind::If),
                "with" => Some(Kind::With),
                _ => None,
            };
            if Some(self.peek().kind) == chained {
                self.next();
                self.deeper(|it| it.control(context))?;
            } else if self.list()?.1 != Node::End {
                return self.fault("expected end; found {{else}}");
            }
        }
        self.tree.variables.truncate(variables);
        Ok(())
    }

    fn block(&mut self) -> Parsed<()> {
        const CONTEXT: &str = "block clause";
        let name = self.template_name(CONTEXT)?;
        self.pipeline(CONTEXT, Kind::RightDelim)?;
        let outer = std::mem::replace(&mut self.tree, Tree::new());
        let (has_something, end) = self.deeper(Self::list)?;
        let inner = std::mem::replace(&mut self.tree, outer);
        if end != Node::End {
            return self.fault(format!("unexpected {{{{else}}}} in {CONTEXT}"));
        }
        let outer = std::mem::replace(&mut self.tree, inner);
        self.add(name, has_something)?;
        self.tree = outer;
        Ok(())
    }

    fn call(&mut self) -> Parsed<()> {
        const CONTEXT: &str = "template clause";
        self.template_name(CONTEXT)?;
        if self.next_word().kind != Kind::RightDelim {
            self.back();
            self.pipeline(CONTEXT, Kind::RightDelim)?;
        }
        Ok(())
    }

    fn template_name(&mut self, context: &str) -> Parsed<Vec<u8>> {
        let word = self.next_word();
        match word.kind {
            Kind::String | Kind::RawString => self.unquoted(&word),
            _ => self.unexpected(&word, context),
        }
    }

    fn pipeline(&mut self, context: &str, end: Kind) -> Parsed<()> {
        self.declarations(context)?;
        let mut commands: Vec<Operand> = Vec::new();
        loop {
            let word = self.next_word();
            match word.kind {
                kind if kind == end => break,
                Kind::Bool
                | Kind::CharConstant
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParen => {
                    self.back();
                    commands.push(self.command()?);
                }
                _ => return self.unexpected(&word, context),
            }
        }
        if commands.is_empty() {
            return self.fault(format!("missing value for {context}"));
        }
        let is_constant = |operand: &Operand| matches!(operand, Operand::Constant(_));
        match commands.iter().skip(1).position(is_constant) {
            Some(at) => self.fault(format!("non executable command in pipeline stage {}", at + 2)),
            None => Ok(()),
        }
    }

    /// The variables that a pipeline declares or sets.
    fn declarations(&mut self, context: &str) -> Parsed<()> {
        let mut count = 0;
        loop {
            let variable = self.peek_word();
            if variable.kind != Kind::Variable {
                return Ok(());
            }
            self.next();
            let behind = self.peek();
            let next = self.peek_word();
            match next.kind {
                Kind::Assign | Kind::Declare => {
                    self.next_word();
                    self.tree.variables.push(variable.text);
                    return Ok(());
                }
                Kind::Char if next.text == "," => {
                    self.next_word();
                    self.tree.variables.push(variable.text);
                    count += 1;
                    if context != "range" || count >= 2 {
                        return self.fault(format!("too many declarations in {context}"));
                    }
                    let second = self.peek_word().kind;
                    if !matches!(second, Kind::Variable | Kind::RightDelim | Kind::RightParen) {
                        return self.fault("range can only initialize variables");
                    }
                }
                _ if behind.kind == Kind::Space => {
                    self.back_three(variable, behind);
                    return Ok(());
                }
                _ => {
                    self.back_two(variable);
                    return Ok(());
                }
            }
        }
    }

    /// A command; its first operand.
    fn command(&mut self) -> Parsed<Operand> {
        let mut first = None;
        loop {
            self.peek_word();
            if let Some(operand) = self.operand()? {
                first.get_or_insert(operand);
            }
            let word = self.next();
            match word.kind {
                Kind::Space => continue,
                Kind::RightDelim | Kind::RightParen => self.back(),
                Kind::Pipe => {}
                _ => return self.unexpected(&word, "operand"),
            }
            break;
        }
        first.map_or_else(|| self.fault("empty command"), Ok)
    }

    fn operand(&mut self) -> Parsed<Option<Operand>> {
        let Some(term) = self.term()? else { return Ok(None) };
        if self.peek().kind != Kind::Field {
            return Ok(Some(term));
        }
        while self.peek().kind == Kind::Field {
            self.next();
        }
        match term {
            Operand::Constant(text) => {
                self.fault(format!("unexpected . after term {}", quote(&text)))
            }
            Operand::Executable => Ok(Some(term)),
        }
    }

    fn term(&mut self) -> Parsed<Option<Operand>> {
        let word = self.next_word();
        let term = match word.kind {
            Kind::Identifier if !functions::is_known(&word.text) => {
                return self.fault(format!("function {} not defined", quote(&word.text)));
            }
            Kind::Identifier | Kind::Field => Operand::Executable,
            Kind::Variable => {
                let name = word.text.as_str();
                let is_known = name == "$" || self.tree.variables.iter().any(|known| known == name);
                if !is_known {
                    return self.fault(format!("undefined variable {}", quote(name)));
                }
                Operand::Executable
            }
            Kind::Dot | Kind::Nil | Kind::Bool => Operand::Constant(word.text),
            Kind::CharConstant | Kind::Complex | Kind::Number => {
                if let Some(fault) = number::fault(&word) {
                    return self.fault(fault);
                }
                Operand::Constant(word.text)
            }
            Kind::LeftParen => {
                let inside =
                    |it: &mut Self| it.pipeline("parenthesized pipeline", Kind::RightParen);
                self.deeper(inside)?;
                Operand::Executable
            }
            Kind::String | Kind::RawString => {
                self.unquoted(&word)?;
                Operand::Constant(word.text)
            }
            _ => {
                self.back();
                return Ok(None);
            }
        };
        Ok(Some(term))
    }
}

impl Tree {
    fn new() -> Tree {
        Tree::default()
    }
}
