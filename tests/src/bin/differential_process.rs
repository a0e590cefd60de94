//! A process of a crew; see `fairlane_tests::differential::Crew`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    fairlane_tests::differential::serve()
}
