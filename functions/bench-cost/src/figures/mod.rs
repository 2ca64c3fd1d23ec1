//! Figures made of rates and usage: cost of a target and of a run, break-even,
//! cost over load.

mod break_even;
mod cost_model;
mod curve;
mod hosting;
mod load;
mod per_correct;
mod range;
mod run;
mod spend;
mod target;

pub use break_even::{BreakEven, BreakEvenRange, IdleBreakEven};
pub use cost_model::{AtRate, CapacityBasis, CostModel, DAYS_OF_MONTH, FixedCost};
pub use curve::{Choice, Curve, CurveLine};
pub use hosting::{Hosting, HostingCell, HourlyComparison, SizeRow};
pub use load::StepCost;
pub use per_correct::{PromptCost, per_correct};
pub use range::CostRange;
pub use run::{CostFindings, RunCost};
pub use spend::{Billed, Spend};
pub use target::{AtUtilization, TargetCost};
