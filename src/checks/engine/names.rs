//! What an expression names, and what shape a message has: for `lint`, not for evaluation.

use std::collections::BTreeSet;

use rhai::{ASTNode, Expr, Position, Stmt};

use super::Script;

/// The names of facts and values in an expression.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Every `facts.NAME` and `facts["NAME"]`.
    pub facts: Vec<Use>,
    /// Every `values.NAME` and `values["NAME"]`.
    pub values: Vec<Use>,
    /// Whether `facts` is used in a way that does not say which fact is meant.
    pub any_fact: bool,
    /// Whether `values` is used so.
    pub any_value: bool,
    /// Every variable that is read.
    pub variables: Vec<Use>,
    /// Variables that a closure uses while a method walks through them: Rhai fails on it.
    pub shared: Vec<Use>,
    /// What may hang or kill a server, and what it is.
    pub hazards: Vec<(Hazard, Use)>,
    /// The variables that the expression makes itself.
    pub own: BTreeSet<String>,
}

/// What may hang or kill a server that evaluates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hazard {
    /// A text is evaluated that is made while the expression runs; it may evaluate itself.
    Eval,
    /// `pad` with an empty text, which never ends.
    Pad,
    /// A loop that nothing ends.
    Loop,
}

/// A name in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The name.
    pub name: String,
    /// The properties that follow, as far as they are written out.
    pub path: Vec<String>,
    /// Whether the expression asks first whether there is such a thing.
    pub guarded: bool,
    /// Line and column in the expression, from 1.
    pub position: Option<(usize, usize)>,
}

/// What a message is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Template {
    /// Text alone.
    Constant,
    /// Text with expressions in it.
    Interpolated,
    /// More than one statement: a backtick has ended the text.
    Statements,
    /// Something that is no text.
    Other,
}

impl Script {
    /// The facts and values it names.
    pub fn names(&self) -> Names {
        let mut names = Names::default();
        for function in self.0.iter_functions() {
            names.own.extend(function.params.iter().map(|name| (*name).to_owned()));
        }
        self.0.walk(&mut |path| {
            if let [parents @ .., node] = path {
                names.visit(parents, node);
            }
            true
        });
        names
    }

    /// What it is made of, if it is a message.
    pub fn template(&self) -> Template {
        match self.0.statements() {
            [Stmt::Expr(only)] => match **only {
                Expr::StringConstant(..) => Template::Constant,
                Expr::InterpolatedString(..) => Template::Interpolated,
                _ => Template::Other,
            },
            [_] => Template::Other,
            _ => Template::Statements,
        }
    }
}

impl Names {
    fn visit(&mut self, parents: &[ASTNode<'_>], node: &ASTNode<'_>) {
        let expression = match node {
            ASTNode::Expr(expression) => expression,
            ASTNode::Stmt(statement) => {
                self.make(statement);
                return;
            }
            _ => return,
        };
        match expression {
            Expr::Dot(pair, ..) | Expr::Index(pair, ..) => {
                if let (Some(of), Some(found)) = (variable(&pair.lhs), first_link(&pair.rhs)) {
                    self.add(of, found);
                }
            }
            Expr::FnCall(call, _) if call.name == "contains" => {
                if let [Expr::StringConstant(name, at), of] | [of, Expr::StringConstant(name, at)] =
                    &call.args[..]
                    && let Some(of) = variable(of)
                {
                    self.add(of, used(name, true, *at));
                }
            }
            Expr::FnCall(call, _) if call.name == "curry" => self.capture(parents, &call.args),
            Expr::FnCall(call, at) | Expr::MethodCall(call, at) => self.danger(call, *at),
            Expr::Variable(..) => self.whole(parents, expression),
            _ => {}
        }
    }

    /// Remembers the variables that a statement makes.
    fn make(&mut self, statement: &Stmt) {
        match statement {
            Stmt::FnCall(call, at) => self.danger(call, *at),
            Stmt::Var(made, ..) => {
                self.own.insert(made.0.name.to_string());
            }
            Stmt::While(of, at)
                if matches!(of.expr, Expr::Unit(..) | Expr::BoolConstant(true, _))
                    && !leaves(of.body.statements()) =>
            {
                self.hazards.push((Hazard::Loop, used("loop", false, *at)));
            }
            Stmt::For(made, ..) => {
                self.own.insert(made.0.name.to_string());
                self.own.extend(made.1.iter().map(|counter| counter.name.to_string()));
            }
            _ => {}
        }
    }

    /// Remembers a call that may never come back, or not to this process.
    fn danger(&mut self, call: &rhai::FnCallExpr, at: Position) {
        let hazard = match (call.name.as_str(), call.args.last()) {
            ("eval", Some(text)) if !matches!(text, Expr::StringConstant(..)) => Hazard::Eval,
            ("pad", Some(Expr::StringConstant(text, _))) if text.is_empty() => Hazard::Pad,
            _ => return,
        };
        self.hazards.push((hazard, used(&call.name, false, at)));
    }

    /// Looks whether a closure captures a variable whose own method it is given to.
    fn capture(&mut self, parents: &[ASTNode<'_>], captured: &[Expr]) {
        let roots = parents.iter().filter_map(|parent| match parent {
            ASTNode::Expr(Expr::Dot(pair, ..) | Expr::Index(pair, ..)) => variable(&pair.lhs),
            _ => None,
        });
        for root in roots {
            let own = captured.iter().find(|it| variable(it) == Some(root));
            self.shared.extend(own.map(|it| used(root, false, it.position())));
        }
    }

    fn add(&mut self, of: &str, found: Use) {
        match of {
            "facts" => self.facts.push(found),
            "values" => self.values.push(found),
            _ => {}
        }
    }

    /// A variable by itself: of `facts.x` the variable is a child too, which is seen here again.
    fn whole(&mut self, parents: &[ASTNode<'_>], expression: &Expr) {
        let Some(name) = variable(expression) else { return };
        self.variables.push(used(name, false, expression.position()));
        let parent = parents.last();
        let named = match parent {
            Some(ASTNode::Expr(Expr::Dot(pair, ..) | Expr::Index(pair, ..))) => {
                variable(&pair.lhs).is_some() && first_link(&pair.rhs).is_some()
            }
            Some(ASTNode::Expr(Expr::FnCall(call, _))) => {
                call.is_operator_call_of_contains() || call.name == "curry"
            }
            Some(ASTNode::Stmt(Stmt::Share(..))) => true,
            _ => false,
        };
        if !named {
            match name {
                "facts" => self.any_fact = true,
                "values" => self.any_value = true,
                _ => {}
            }
        }
    }
}

/// Whether a call is `"name" in map`, which Rhai turns into a call of `contains`.
trait ContainsCall {
    fn is_operator_call_of_contains(&self) -> bool;
}

impl ContainsCall for rhai::FnCallExpr {
    fn is_operator_call_of_contains(&self) -> bool {
        self.name == "contains"
            && self.args.iter().any(|argument| matches!(argument, Expr::StringConstant(..)))
    }
}

fn variable(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Variable(variable, ..) => Some(variable.1.as_str()),
        _ => None,
    }
}

/// Whether something inside statements may end the loop around them.
fn leaves(statements: &[Stmt]) -> bool {
    let mut found = false;
    for statement in statements {
        statement.walk(&mut Vec::new(), &mut |path| {
            found |=
                matches!(path.last(), Some(ASTNode::Stmt(Stmt::BreakLoop(..) | Stmt::Return(..))));
            true
        });
    }
    found
}

/// The first link of a chain behind a variable: a property, a text in brackets, or a method that
/// asks for a name.
fn first_link(chain: &Expr) -> Option<Use> {
    match chain {
        Expr::Dot(pair, ..) | Expr::Index(pair, ..) => {
            let mut found = first_link(&pair.lhs)?;
            follow(&pair.rhs, &mut found.path);
            Some(found)
        }
        Expr::Property(property, at) => Some(used(&property.2, false, *at)),
        Expr::StringConstant(name, at) => Some(used(name, false, *at)),
        Expr::MethodCall(call, _) if matches!(call.name.as_str(), "get" | "contains") => {
            match &call.args[..] {
                [Expr::StringConstant(name, at)] => Some(used(name, true, *at)),
                _ => None,
            }
        }
        _ => None,
    }
}

fn used(name: &str, guarded: bool, at: Position) -> Use {
    let position = at.line().map(|line| (line, at.position().unwrap_or(1)));
    Use { name: name.to_owned(), path: Vec::new(), guarded, position }
}

/// Adds the properties of a chain, up to the first link that is none.
fn follow(chain: &Expr, path: &mut Vec<String>) {
    let mut chain = chain;
    loop {
        let (link, rest) = match chain {
            Expr::Dot(pair, ..) | Expr::Index(pair, ..) => (&pair.lhs, Some(&pair.rhs)),
            last => (last, None),
        };
        match link {
            Expr::Property(property, _) => path.push(property.2.to_string()),
            Expr::StringConstant(name, _) => path.push(name.to_string()),
            _ => return,
        }
        match rest {
            Some(rest) => chain = rest,
            None => return,
        }
    }
}
