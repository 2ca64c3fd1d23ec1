//! Addresses that a machine loses when it is stopped.

use core::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Whether the host of a URL is a public IP address, in whatever spelling, or the name that EC2
/// gives such an address.
pub(super) fn is_public(url: &str) -> bool {
    // The parser of the client that connects, which reads `0x7f.1` and `2130706433` as well.
    let Ok(url) = Url::parse(url) else {
        return false;
    };
    match url.host() {
        Some(Host::Ipv4(address)) => is_public_v4(address),
        Some(Host::Ipv6(address)) => is_public_v6(address),
        Some(Host::Domain(name)) => is_of_public_address(name),
        None => false,
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    let is_shared = first == 100 && (64..128).contains(&second);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_unspecified()
        || is_shared)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let is_own = address.is_loopback()
        || address.is_unspecified()
        || address.is_unique_local()
        || address.is_unicast_link_local();
    // `::ffff:1.2.3.4` and `::1.2.3.4` are addresses of the older protocol.
    !is_own && address.to_ipv4().is_none_or(is_public_v4)
}

/// `ec2-203-0-113-25.eu-west-1.compute.amazonaws.com`.
fn is_of_public_address(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let is_aws = [".amazonaws.com", ".amazonaws.com.cn"]
        .iter()
        .any(|domain| name.ends_with(domain));
    let label = name.split('.').next().unwrap_or_default();
    let address = label
        .strip_prefix("ec2-")
        .map(|rest| rest.replace('-', "."));
    is_aws && address.is_some_and(|address| address.parse::<Ipv4Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_is_known_in_every_spelling() {
        for url in [
            "http://203.0.113.25:8080/v1",
            "http://3.120.1.2",
            "http://3405803801",
            "http://0xcb007119",
            "http://0xCB.0.0x71.0x19",
            "http://0313.0.0161.031",
            "http://203.0.28953",
            "http://203.0.113.25.",
            "http://2%30%33.0.113.25",
            "http://２０３.0.113.25",
            "http:203.0.113.25",
            "http:\\\\203.0.113.25",
            "http://[2001:db8::1]",
            "http://[::ffff:203.0.113.25]",
            "http://[::ffff:cb00:7119]",
            "http://[::203.0.113.25]",
            "http://ec2-203-0-113-25.compute-1.amazonaws.com",
            "http://EC2-203-0-113-25.eu-west-1.compute.amazonaws.com.:8080",
            "http://ec2-203-0-113-25.cn-north-1.compute.amazonaws.com.cn",
        ] {
            assert!(is_public(url), "{url}");
        }
    }

    #[test]
    fn a_private_address_or_a_name_stays_with_its_machine() {
        for url in [
            "http://10.0.1.20:8080",
            "http://172.31.255.1",
            "http://192.168.1.1",
            "http://167772180",
            "http://0xa.0.1.20",
            "http://100.64.0.1",
            "http://169.254.1.1",
            "http://127.0.0.1",
            "http://[::1]:8080",
            "http://[fd00::1]",
            "http://[fe80::1]",
            "http://[::ffff:10.0.1.20]",
            "http://model.internal",
            "http://ip-10-0-1-20.eu-west-1.compute.internal",
            "http://ec2-model.example.com",
            "http://ec2-203-0-113-25.example.com",
            "not a url",
        ] {
            assert!(!is_public(url), "{url}");
        }
    }
}
