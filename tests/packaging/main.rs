//! The program as it is installed: the plugin in the agent's folder, units, packages, recipes.

#[cfg(test)]
mod ansible;
#[cfg(test)]
mod completions;
#[cfg(test)]
mod monitoring;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod plugin;
#[cfg(test)]
mod repositories;
#[cfg(test)]
mod results;
#[cfg(test)]
mod salt;
#[cfg(test)]
mod supportconfig;
#[cfg(test)]
mod tools;
#[cfg(test)]
mod units;
