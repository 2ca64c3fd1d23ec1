//! x
use std::time::Instant;
#[tokio::main]
async fn main() {
    let t = Instant::now();
    let p = hostbench::package::pack(std::path::Path::new("target/debug"), std::path::Path::new(".")).unwrap();
    eprintln!("pack {:?} {}", t.elapsed(), p.iter().map(|p|p.bytes.len()).sum::<usize>());
    let t = Instant::now();
    let aws = hostbench::aws::local_config(&std::env::args().nth(1).unwrap(), "us-east-1");
    hostbench::deploy::upload(&aws, &p).await.unwrap();
    eprintln!("upload {:?}", t.elapsed());
}
