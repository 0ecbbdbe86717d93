//! What the shell is told about its surroundings.
use crate::limits::Limits;
use std::net::IpAddr;

#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Where people reach the server: `https://crm.example.com`. Decides whether cookies are `Secure`.
    pub public_url: String,
    /// `kontor`: cookies are `kontor.session_token` and `kontor.csrf`.
    pub cookie_prefix: String,
    /// Other sites whose pages may call with the caller's cookies.
    pub cors_origins: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed. Nobody else's is.
    pub trusted_proxies: Vec<Network>,
    pub limits: Limits,
    /// Bytes of a JSON body (S2-103: 1 MB).
    pub max_json_body: usize,
    /// Bytes of a file of a record (S2-103: 50 MB).
    pub max_file: u64,
    /// Bytes of a file that is uploaded to be imported.
    pub max_import_file: u64,
    pub version: String,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            public_url: "http://localhost:8080".into(),
            cookie_prefix: "kontor".into(),
            cors_origins: vec![],
            trusted_proxies: vec![],
            limits: Limits::default(),
            max_json_body: 1024 * 1024,
            max_file: 50 << 20,
            max_import_file: 500 << 20,
            version: env!("CARGO_PKG_VERSION").into(),
        }
    }
}

impl HttpConfig {
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// The address of the caller: the last one in the chain of proxies that is not a trusted proxy itself.
    pub fn client_ip(&self, peer: Option<IpAddr>, forwarded: &[&str]) -> Option<IpAddr> {
        let trusted = |ip: &IpAddr| self.trusted_proxies.iter().any(|n| n.contains(*ip));
        let peer = peer?;
        if !trusted(&peer) {
            return Some(peer);
        }
        let mut client = peer;
        let chain: Vec<&str> = forwarded.iter().flat_map(|line| line.split(',')).collect();
        for hop in chain.into_iter().rev() {
            let Ok(ip) = hop.trim().parse::<IpAddr>() else { break };
            client = ip;
            if !trusted(&ip) {
                break;
            }
        }
        Some(client)
    }
}

/// Addresses that share their first bits: `10.0.0.0/8`, `::1`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Network {
    base: IpAddr,
    bits: u32,
}

impl Network {
    pub fn contains(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        let shared = |a: u128, b: u128, width: u32| {
            let cut = width - self.bits.min(width);
            cut >= 128 || (a >> cut) == (b >> cut)
        };
        match (self.base, ip) {
            (IpAddr::V4(a), IpAddr::V4(b)) => shared(u32::from(a).into(), u32::from(b).into(), 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => shared(u128::from(a), u128::from(b), 128),
            _ => false,
        }
    }
}

impl std::str::FromStr for Network {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not an address or a network like 10.0.0.0/8");
        let (base, bits) = text.split_once('/').map_or((text, None), |(b, n)| (b, Some(n)));
        let base: IpAddr = base.trim().parse().map_err(|_| wrong())?;
        let width = if base.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(n) => n.trim().parse().ok().filter(|n| *n <= width).ok_or_else(wrong)?,
            None => width,
        };
        Ok(Self { base, bits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behind(proxies: &[&str]) -> HttpConfig {
        let trusted_proxies = proxies.iter().map(|p| p.parse().unwrap()).collect();
        HttpConfig { trusted_proxies, ..HttpConfig::default() }
    }
    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn a_stranger_cannot_choose_the_address_that_is_counted() {
        let config = behind(&["10.0.0.0/8"]);
        assert_eq!(config.client_ip(ip("203.0.113.9"), &["198.51.100.1"]), ip("203.0.113.9"));
        assert_eq!(config.client_ip(ip("10.1.2.3"), &["198.51.100.1"]), ip("198.51.100.1"));
        // What the client wrote itself stands in front of what the proxy added.
        assert_eq!(
            config.client_ip(ip("10.1.2.3"), &["1.1.1.1, 198.51.100.1, 10.9.9.9"]),
            ip("198.51.100.1")
        );
        assert_eq!(config.client_ip(ip("10.1.2.3"), &["nonsense"]), ip("10.1.2.3"));
    }

    #[test]
    fn networks_share_their_first_bits() {
        let net: Network = "192.168.4.0/22".parse().unwrap();
        assert!(net.contains("192.168.7.255".parse().unwrap()));
        assert!(!net.contains("192.168.8.0".parse().unwrap()));
        assert!("0.0.0.0/0".parse::<Network>().unwrap().contains("8.8.8.8".parse().unwrap()));
        assert!("::/0".parse::<Network>().unwrap().contains("::1".parse().unwrap()));
        assert!("10.0.0.0/33".parse::<Network>().is_err());
    }
}
