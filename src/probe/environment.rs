//! The proxy that environment variables name, by Go's rules: what `proxy_from_environment` means.

use std::net::IpAddr;

use url::{Host, Url};

use crate::probe::endpoint::{Endpoint, is_loopback};

/// The proxy's URL for an endpoint, if the environment names one.
///
/// `variable` looks one up in the environment of the process that will send.
pub fn proxy_from_environment(
    endpoint: &Endpoint,
    mut variable: impl FnMut(&str) -> Option<String>,
) -> Option<String> {
    let mut either = |upper: &str, lower: &str| {
        let is_set = |value: &String| !value.is_empty();
        variable(upper).filter(is_set).or_else(|| variable(lower).filter(is_set))
    };
    let proxy = match endpoint.url().scheme() {
        "https" => either("HTTPS_PROXY", "https_proxy"),
        _ => either("HTTP_PROXY", "http_proxy"),
    }?;
    let exempt = either("NO_PROXY", "no_proxy").unwrap_or_default();
    if is_loopback(endpoint.url()) || is_exempt_from_proxy(endpoint, &exempt) {
        return None;
    }
    Some(if proxy.contains("://") { proxy } else { format!("http://{proxy}") })
}

/// Whether a list of names, addresses and networks takes the endpoint's host out.
pub(super) fn is_exempt_from_proxy(endpoint: &Endpoint, list: &str) -> bool {
    let url = endpoint.url();
    let port = url.port_or_known_default().map(|port| port.to_string());
    list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        if entry == "*" {
            return true;
        }
        let (name, wanted) = match entry.rsplit_once(':') {
            Some((name, digits))
                if !name.contains(':') && digits.bytes().all(|c| c.is_ascii_digit()) =>
            {
                (name, Some(digits))
            }
            _ => (entry, None),
        };
        (wanted.is_none() || wanted == port.as_deref()) && matches(url, name)
    })
}

fn matches(url: &Url, entry: &str) -> bool {
    match url.host() {
        Some(Host::Domain(host)) => {
            let name = entry.trim_start_matches('*').to_ascii_lowercase();
            let bare = name.trim_start_matches('.');
            let below = host.strip_suffix(bare).is_some_and(|rest| rest.ends_with('.'));
            below || (!name.starts_with('.') && host == bare)
        }
        Some(Host::Ipv4(address)) => covers(entry, IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => covers(entry, IpAddr::V6(address)),
        None => false,
    }
}

/// Whether an address or a network such as `10.0.0.0/8` covers an address.
fn covers(entry: &str, address: IpAddr) -> bool {
    let (network, bits) = match entry.split_once('/') {
        Some((network, bits)) => (network, bits.parse::<u32>().ok()),
        None => (entry, Some(128)),
    };
    let (Ok(network), Some(bits)) = (network.parse::<IpAddr>(), bits) else { return false };
    let (one, other, width) = match (network, address) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits()), u128::from(b.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
        _ => return false,
    };
    let ignored = width - bits.min(width);
    one.checked_shr(ignored) == other.checked_shr(ignored)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(url: &str, no_proxy: &str) -> Option<String> {
        let endpoint = Endpoint::parse(url).unwrap();
        proxy_from_environment(&endpoint, |name| match name {
            "HTTPS_PROXY" => Some("proxy.example:3128".to_owned()),
            "no_proxy" => Some(no_proxy.to_owned()),
            _ => None,
        })
    }

    #[test]
    fn the_variable_of_the_scheme_counts() {
        let found = proxy("https://trento.example/", "");
        assert_eq!(found.as_deref(), Some("http://proxy.example:3128"));
        assert_eq!(proxy("http://trento.example/", ""), None);
        assert_eq!(proxy("https://127.0.0.1/", ""), None);
    }

    #[test]
    fn no_proxy_takes_hosts_domains_and_networks_out() {
        for list in ["*", "trento.example", ".example", "other, example:443", "*.example"] {
            assert_eq!(proxy("https://trento.example/", list), None, "{list}");
        }
        for list in [".trento.example", "rento.example", "trento.example:8443", "10.0.0.0/8"] {
            assert!(proxy("https://trento.example/", list).is_some(), "{list}");
        }
        assert_eq!(proxy("https://10.1.2.3/", "10.0.0.0/8"), None);
        assert_eq!(proxy("https://[fd00::1]/", "fd00::/8"), None);
        assert!(proxy("https://11.1.2.3/", "10.0.0.0/8,x/y").is_some());
    }
}
