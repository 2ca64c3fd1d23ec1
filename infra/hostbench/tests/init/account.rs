//! An AWS account that behaves: it checks what it is asked, pages, and refuses.

use serde_json::{Value, json};

use crate::fake::{Answer, Fake, Request};

const ARN: &str = "arn:aws:bedrock:eu-west-1:111122223333";

/// The model that some of the containers serve.
pub(crate) const R1: &str = "deepseek-ai/DeepSeek-R1-Distill-Llama-8B";

/// The operations that an account refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    Nothing,
    /// Everything of SageMaker.
    SageMaker,
    /// The details of imported models.
    Units,
    /// The containers of endpoints and of inference components.
    Containers,
    Everything,
}

/// Starts an account.
pub(crate) fn start(refused: Refused) -> Fake {
    Fake::start(move |request| {
        let authorization = &request.headers["authorization"];
        assert!(authorization.contains("/eu-west-1/"), "{authorization}");
        let operation = request.headers.get("x-amz-target");
        let is_details = request.path.starts_with("/imported-models/");
        let is_refused = match refused {
            Refused::Nothing => false,
            Refused::SageMaker => operation.is_some(),
            Refused::Units => is_details,
            Refused::Containers => operation.is_some_and(|operation| {
                [
                    "SageMaker.DescribeModel",
                    "SageMaker.DescribeInferenceComponent",
                ]
                .contains(&operation.as_str())
            }),
            Refused::Everything => true,
        };
        if is_refused {
            let message = "User: arn:aws:iam::111122223333:user/a is not authorized";
            let body = json!({"__type": "AccessDeniedException", "message": message});
            return Some(Answer::new(403, body));
        }
        Some(if let Some(operation) = operation {
            assert!(
                authorization.contains("/sagemaker/aws4_request"),
                "{authorization}"
            );
            assert!(
                authorization.contains("x-amz-target"),
                "it is signed: {authorization}"
            );
            assert_eq!(
                request.headers["content-type"],
                "application/x-amz-json-1.1"
            );
            sagemaker(operation, &request.body)
        } else {
            assert!(
                authorization.contains("/bedrock/aws4_request"),
                "{authorization}"
            );
            bedrock(request)
        })
    })
}

fn bedrock(request: &Request) -> Answer {
    let page = request.query.get("nextToken").map(String::as_str);
    let kind = request.query.get("type").map(String::as_str);
    let body = match (request.path.as_str(), kind, page) {
        ("/imported-models", _, None) => json!({
            "modelSummaries": [imported("one", true, "llama")], "nextToken": "a/b=",
        }),
        ("/imported-models", _, Some("a%2Fb%3D")) => json!({
            "modelSummaries": [imported("two", false, "llama"), imported("three", false, "qwen2")],
        }),
        ("/model-customization/custom-model-deployments", _, _) => json!({
            "modelDeploymentSummaries": [{
                "customModelDeploymentArn": format!("{ARN}:custom-model-deployment/d1"),
                "customModelDeploymentName": "support-bot",
                "modelArn": format!("{ARN}:custom-model/m1"),
                "status": "Active",
            }],
        }),
        ("/provisioned-model-throughputs", _, _) => json!({
            "provisionedModelSummaries": [
                provisioned("units", "InService", ""),
                provisioned("tuned", "Updating", "custom-"),
                provisioned("broken", "Failed", ""),
            ],
        }),
        ("/inference-profiles", Some("APPLICATION"), _) => json!({
            "inferenceProfileSummaries": [{
                "inferenceProfileName": "search team",
                "inferenceProfileArn": format!("{ARN}:application-inference-profile/p1"),
                "inferenceProfileId": "p1",
                "models": [{"modelArn": "arn:aws:bedrock:eu-west-1::foundation-model/deepseek.v3.2"}],
                "status": "ACTIVE", "type": "APPLICATION",
            }],
        }),
        ("/inference-profiles", Some("SYSTEM_DEFINED"), _) => json!({
            "inferenceProfileSummaries": [
                {"inferenceProfileId": "eu.nobody.knows-v1:0", "status": "ACTIVE"},
                {
                    "inferenceProfileId": "us.deepseek.r1-v1:0", "status": "ACTIVE",
                    "models": [{"modelArn": "arn:aws:bedrock:us-east-1::foundation-model/deepseek.r1-v1:0"}],
                },
            ],
        }),
        ("/foundation-models", _, _) => json!({
            "modelSummaries": [
                foundation("meta.llama3-1-8b-instruct-v1:0", true, "ACTIVE"),
                foundation("old.model-v1", true, "LEGACY"),
                foundation("whole.answers-v1", false, "ACTIVE"),
                foundation("unpriced.model-v1", true, "ACTIVE"),
            ],
        }),
        (path, _, _) => match path.strip_prefix("/imported-models/") {
            Some(model) => {
                assert!(model.contains("%3Aimported-model%2F"), "{model}");
                json!({"customModelUnits": {
                    "customModelUnitsPerModelCopy": 2, "customModelUnitsVersion": "1.0",
                }})
            }
            None => return Answer::new(404, json!({"message": "unknown operation"})),
        },
    };
    Answer::json(&body)
}

fn imported(name: &str, instruct: bool, architecture: &str) -> Value {
    json!({
        "modelArn": format!("{ARN}:imported-model/{name}"),
        "modelName": name,
        "creationTime": "2026-01-01T00:00:00Z",
        "instructSupported": instruct,
        "modelArchitecture": architecture,
    })
}

/// A Provisioned Throughput of a foundation model, or of a custom one made of it.
fn provisioned(name: &str, status: &str, custom: &str) -> Value {
    let base = "arn:aws:bedrock:eu-west-1::foundation-model/meta.llama3-1-8b-instruct-v1:0:128k";
    let model = match custom {
        "" => base.to_owned(),
        _ => format!("{ARN}:custom-model/meta.llama3-1-8b-instruct-v1:0:128k/abcdefghijkl"),
    };
    json!({
        "provisionedModelName": name,
        "provisionedModelArn": format!("{ARN}:provisioned-model/{name}"),
        "modelArn": model, "desiredModelArn": model, "foundationModelArn": base,
        "modelUnits": 2, "desiredModelUnits": 3, "status": status,
        "commitmentDuration": "OneMonth",
    })
}

fn foundation(id: &str, streams: bool, status: &str) -> Value {
    json!({
        "modelId": id, "modelName": id, "providerName": "any",
        "inputModalities": ["TEXT"], "outputModalities": ["TEXT"],
        "inferenceTypesSupported": ["ON_DEMAND"],
        "responseStreamingSupported": streams,
        "modelLifecycle": {"status": status},
    })
}

/// An endpoint with each kind of container, one that answers into a bucket, and one with
/// inference components.
fn sagemaker(operation: &str, input: &Value) -> Answer {
    let names = [
        "tgi-8b",
        "lmi-8b",
        "vllm-8b",
        "own-container",
        "asynchronous",
        "shared",
    ];
    let image = |name: &str| {
        let image = match name {
            "tgi-8b" => "huggingface-pytorch-tgi-inference:2.7.0-tgi3.3.6-gpu-py311",
            "lmi-8b" => "djl-inference:0.34.0-lmi16.0.0-cu128",
            "vllm-8b" | "component-1" => "vllm:0.11.2-gpu-py312-sagemaker",
            _ => "mine:latest",
        };
        format!("763104351884.dkr.ecr.eu-west-1.amazonaws.com/{image}")
    };
    let body = match operation {
        "SageMaker.ListEndpoints" => {
            assert_eq!(input["StatusEquals"], "InService");
            let at: usize = input["NextToken"]
                .as_str()
                .map_or(0, |at| at.parse().expect("a number"));
            let page = names[at..].iter().take(4);
            let page: Vec<_> = page.map(|name| json!({"EndpointName": name})).collect();
            let next = (at + 4 < names.len()).then(|| (at + 4).to_string());
            json!({"Endpoints": page, "NextToken": next})
        }
        "SageMaker.DescribeEndpoint" => {
            let name = input["EndpointName"].as_str().expect("a name");
            let mut endpoint = json!({
                "EndpointName": name, "EndpointConfigName": format!("config-of-{name}"),
                "EndpointStatus": "InService",
                "ProductionVariants": [{
                    "VariantName": "all", "CurrentInstanceCount": 2,
                    "DeployedImages": [{"SpecifiedImage": image(name)}],
                }],
            });
            if name == "asynchronous" {
                endpoint["AsyncInferenceConfig"] = json!({"OutputConfig": {}});
            }
            endpoint
        }
        "SageMaker.DescribeEndpointConfig" => {
            let name = input["EndpointConfigName"].as_str().expect("a name");
            let mut variant = json!({
                "VariantName": "all", "InitialInstanceCount": 1,
                "ModelName": name.replace("config", "model"),
                "InstanceType": "ml.g6.2xlarge",
            });
            if name == "config-of-own-container" {
                variant["InstanceType"] = json!("ml.unknown.xlarge");
            }
            if name == "config-of-shared" {
                variant.as_object_mut().expect("fields").remove("ModelName");
            }
            json!({"ProductionVariants": [variant]})
        }
        "SageMaker.ListInferenceComponents" => {
            assert_eq!(input["EndpointNameEquals"], "shared");
            json!({"InferenceComponents": [{"InferenceComponentName": "component-1"}]})
        }
        "SageMaker.DescribeInferenceComponent" => json!({
            "Specification": {"Container": {
                "DeployedImage": {"SpecifiedImage": image("component-1")},
                "Environment": {"SM_VLLM_MODEL": R1},
            }},
        }),
        "SageMaker.DescribeModel" => match input["ModelName"].as_str().expect("a name") {
            "model-of-tgi-8b" => json!({"PrimaryContainer": {"Environment": {"HF_MODEL_ID": R1}}}),
            "model-of-lmi-8b" => json!({"Containers": [
                {"Environment": {"HF_MODEL_ID": "s3://mine/r1/", "OPTION_MODEL_ID": R1}},
            ]}),
            "model-of-vllm-8b" => json!({
                "PrimaryContainer": {"Environment": {"SM_VLLM_MODEL": "/opt/ml/model"}},
            }),
            _ => json!({"PrimaryContainer": {}}),
        },
        other => panic!("{other}"),
    };
    Answer::json(&body)
}
