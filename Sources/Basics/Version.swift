/// The version that the program prints, and that figures, pages and models name as their maker. CITATION.cff and CHANGELOG.md
/// have the same (a test compares them).
public let undertoneVersion = "0.1.0"
