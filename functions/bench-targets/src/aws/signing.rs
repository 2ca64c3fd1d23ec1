//! Signatures of requests that no client of the SDK makes: in headers, and as a bearer key.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{
        SignableBody, SignableRequest, SignatureLocation, SigningInstructions, SigningSettings,
        sign,
    },
    sign::v4::SigningParams,
};
use aws_smithy_types::base64;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::failure::error_chain;

/// The characters that AWS encodes in a query: all but letters, digits and four signs.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Who signs, for which service, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signer<'a> {
    pub(super) credentials: &'a Credentials,
    pub(super) region: &'a str,
    /// The name of the service in signatures.
    pub(super) service: &'a str,
    pub(super) time: SystemTime,
}

/// A request to be signed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unsigned<'a> {
    pub(super) method: &'a str,
    pub(super) url: &'a str,
    pub(super) headers: &'a [(&'a str, &'a str)],
    pub(super) body: &'a [u8],
}

impl Signer<'_> {
    /// The header fields that sign a request, with the fault of one that cannot be signed.
    pub(super) fn headers(&self, request: Unsigned<'_>) -> Result<Vec<(String, String)>, String> {
        let instructions = self.sign(request, SigningSettings::default())?;
        let headers = instructions.headers();
        Ok(headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect())
    }

    /// A bearer key that holds for `life`: a presigned request to call with it, as AWS's own
    /// token generators make it.
    pub(super) fn bearer_key(
        &self,
        host: &str,
        prefix: &str,
        life: Duration,
    ) -> Result<String, String> {
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(life);
        let request = format!("{host}/?Action=CallWithBearerToken");
        let unsigned = Unsigned {
            method: "POST",
            url: &format!("https://{request}"),
            headers: &[],
            body: &[],
        };
        let (_, parameters) = self.sign(unsigned, settings)?.into_parts();
        let parameters = parameters.iter().map(|(name, value)| {
            let value = utf8_percent_encode(value, ENCODED);
            format!("&{name}={value}")
        });
        let presigned = format!("{request}{}&Version=1", parameters.collect::<String>());
        Ok(format!("{prefix}{}", base64::encode(presigned)))
    }

    fn sign(
        &self,
        request: Unsigned<'_>,
        settings: SigningSettings,
    ) -> Result<SigningInstructions, String> {
        let identity = self.credentials.clone().into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(self.time)
            .settings(settings)
            .build()
            .map_err(|error| error_chain(&error))?
            .into();
        let Unsigned {
            method,
            url,
            headers,
            body,
        } = request;
        let headers = headers.iter().copied();
        let request = SignableRequest::new(method, url, headers, SignableBody::Bytes(body))
            .map_err(|error| error_chain(&error))?;
        let signed = sign(request, &parameters).map_err(|error| error_chain(&error))?;
        Ok(signed.into_parts().0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The credentials of AWS's published test suite, which comes with the crate `aws-sigv4`
    /// (`aws-signing-test-suite/v4`), as do the signatures below; and their time.
    fn suite(token: Option<&str>) -> Credentials {
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        Credentials::new(
            "AKIDEXAMPLE",
            secret,
            token.map(str::to_owned),
            None,
            "suite",
        )
    }

    fn time() -> SystemTime {
        // 2015-08-30T12:36:00Z
        SystemTime::UNIX_EPOCH + Duration::from_mins(24_015_636)
    }

    fn signer<'a>(credentials: &'a Credentials, service: &'a str) -> Signer<'a> {
        Signer {
            credentials,
            region: "us-east-1",
            service,
            time: time(),
        }
    }

    /// `post-sts-header-before`.
    const TOKEN: &str = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

    #[test]
    fn signatures_are_those_of_the_published_test_suite() {
        for (name, method, query, token, signature) in [
            (
                "get-vanilla",
                "GET",
                "",
                None,
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "post-vanilla",
                "POST",
                "",
                None,
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                "get-vanilla-query-order-key-case",
                "GET",
                "?Param2=value2&Param1=value1",
                None,
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            (
                "post-sts-header-before",
                "POST",
                "",
                Some(TOKEN),
                "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
            ),
        ] {
            let credentials = suite(token);
            let unsigned = Unsigned {
                method,
                url: &format!("https://example.amazonaws.com/{query}"),
                headers: &[],
                body: &[],
            };
            let headers = signer(&credentials, "service").headers(unsigned).unwrap();
            let of = |wanted: &str| {
                let found = headers.iter().find(|(name, _)| name == wanted);
                found.map(|(_, value)| value.as_str())
            };
            assert_eq!(of("x-amz-date"), Some("20150830T123600Z"), "{name}");
            assert_eq!(of("x-amz-security-token"), token, "{name}");
            let value = of("authorization").unwrap();
            assert!(
                value.ends_with(&format!("Signature={signature}")),
                "{name}: {value}"
            );
        }
    }

    /// Credentials whose token has signs that a query encodes. What is expected below was made
    /// with botocore 1.43.11 (`SigV4Auth`, and `SigV4QueryAuth` as AWS's token generators for
    /// Bedrock and SageMaker use it).
    fn session() -> Credentials {
        suite(Some("token/of+a=session"))
    }

    #[test]
    fn a_signed_request_is_as_botocore_signs_it() {
        for (url, service, signature) in [
            (
                "https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1/chat/completions",
                "bedrock",
                "c2359f9dc557d86293046a93e02399635f149ec4a5d701f923aa32101caa4ccf",
            ),
            (
                "https://bedrock-mantle.us-east-1.api.aws/v1/responses",
                "bedrock-mantle",
                "9e5b27eea94dd7908b97c1bae1846e385f12c031ee12e646d6442ee2374c651e",
            ),
        ] {
            let credentials = session();
            let unsigned = Unsigned {
                method: "POST",
                url,
                headers: &[("content-type", "application/json")],
                body: br#"{"model":"m"}"#,
            };
            let headers = signer(&credentials, service).headers(unsigned).unwrap();
            let authorization = format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/{service}/aws4_request, \
                 SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, \
                 Signature={signature}"
            );
            assert!(
                headers.contains(&("authorization".to_owned(), authorization)),
                "{headers:?}"
            );
        }
    }

    #[test]
    fn a_bearer_key_is_the_presigned_request_that_botocore_makes() {
        let of_role = session();
        let of_user = suite(None);
        for (credentials, service, signature) in [
            (
                &of_user,
                "bedrock",
                "e8aa13c5844165cf61b5fd2b9760fc67df0939fa70faa82154d31416821d966d",
            ),
            (
                &of_user,
                "sagemaker",
                "d942eb82af24ee9edb60446d70950ee79149eedec3c59afda2522f75f7d7b839",
            ),
            (
                &of_role,
                "bedrock",
                "3de8d18a12824735c43e51ca0b6168cf77a3ddfdae6c5e6f732c293278b762ed",
            ),
            (
                &of_role,
                "sagemaker",
                "21ab841be14093502ef2bd01f0e200afc3cb7ce27c584666c384a6b8ae278883",
            ),
        ] {
            let (host, prefix) = (
                format!("{service}.amazonaws.com"),
                format!("{service}-api-key-"),
            );
            let life = Duration::from_hours(1);
            let key = signer(credentials, service)
                .bearer_key(&host, &prefix, life)
                .unwrap();
            let presigned = base64::decode(key.strip_prefix(&prefix).unwrap()).unwrap();
            let presigned = String::from_utf8(presigned).unwrap();
            let query = presigned.strip_prefix(&format!("{host}/?")).unwrap();
            let mut parameters: Vec<&str> = query.split('&').collect();
            assert_eq!(parameters.last(), Some(&"Version=1"));
            let scope = format!(
                "X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2F{service}%2Faws4_request"
            );
            let signature = format!("X-Amz-Signature={signature}");
            let mut expected = vec![
                "Action=CallWithBearerToken",
                "Version=1",
                "X-Amz-Algorithm=AWS4-HMAC-SHA256",
                &scope,
                "X-Amz-Date=20150830T123600Z",
                "X-Amz-Expires=3600",
                "X-Amz-SignedHeaders=host",
                &signature,
            ];
            if credentials.session_token().is_some() {
                expected.push("X-Amz-Security-Token=token%2Fof%2Ba%3Dsession");
            }
            parameters.sort_unstable();
            expected.sort_unstable();
            assert_eq!(parameters, expected);
        }
    }
}
