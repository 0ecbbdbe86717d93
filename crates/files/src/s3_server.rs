//! A server that speaks S3 and checks signatures, for tests.
use crate::S3;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tempfile::TempDir;

pub struct S3Server {
    /// How to reach it.
    pub place: S3,
    /// Where it keeps its buckets; gone when this is.
    pub folder: TempDir,
}

/// Runs until the test ends.
pub async fn start() -> S3Server {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("kontor")).expect("a bucket");
    let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).expect("a file system"));
    service.set_auth(SimpleAuth::from_single("key", "secret"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let service = service.build();
    let answer = move |request: axum::extract::Request| {
        let service = service.clone();
        async move {
            let reply = service.call(request.map(s3s::Body::http_body_unsync)).await;
            reply.expect("S3 answers").map(axum::body::Body::new)
        }
    };
    let router = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let place = S3 {
        endpoint: Some(format!("http://{address}").parse().expect("an address")),
        bucket: "kontor".into(),
        region: "us-east-1".into(),
        access_key: "key".into(),
        secret_key: "secret".into(),
        bucket_in_host: false,
    };
    S3Server { place, folder }
}
