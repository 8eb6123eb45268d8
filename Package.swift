// swift-tools-version: 6.1
import PackageDescription

/// A library of the system, found by pkg-config where it has a .pc file.
func system(_ name: String, pkgConfig: String? = nil, apt: String, brew: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/CLibraries/\(name)", pkgConfig: pkgConfig,
    providers: [.apt([apt]), .brew([brew])])
}

// The targets stand in the order in which data flows; each imports only what stands above it.
let package = Package(
  name: "undertone",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "undertone", targets: ["undertone"]),
    .library(
      name: "Undertone",
      targets: [
        "Tensors", "Layers", "AudioFiles", "AudioFeatures", "Corpora", "Models", "Training",
        "Attributions", "Figures", "Reports",
      ]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: [
    system("COpenBLAS", pkgConfig: "openblas", apt: "libopenblas-openmp-dev", brew: "openblas"),
    system("COneDNN", apt: "libdnnl-dev", brew: "onednn"),
    system("CFFTW", pkgConfig: "fftw3f", apt: "libfftw3-dev", brew: "fftw"),
    system("CSndFile", pkgConfig: "sndfile", apt: "libsndfile1-dev", brew: "libsndfile"),
    system("CSampleRate", pkgConfig: "samplerate", apt: "libsamplerate0-dev", brew: "libsamplerate"),
    system("CPNG", pkgConfig: "libpng", apt: "libpng-dev", brew: "libpng"),
    system("CCairo", pkgConfig: "cairo", apt: "libcairo2-dev", brew: "cairo"),

    .target(
      name: "Kernels",
      linkerSettings: [.linkedLibrary("gomp", .when(platforms: [.linux]))]),
    .target(name: "Tensors", dependencies: ["Kernels", "COneDNN", "COpenBLAS", "CFFTW"]),
    .target(name: "Layers", dependencies: ["Tensors"]),
    .target(name: "AudioFiles", dependencies: ["CSndFile", "CSampleRate"]),
    .target(name: "AudioFeatures", dependencies: ["Layers"]),
    .target(name: "Corpora", dependencies: ["AudioFiles", "AudioFeatures"]),
    .target(
      name: "Models", dependencies: ["Layers", "AudioFeatures", "Corpora"],
      resources: [.copy("BuiltIn")]),
    .target(name: "Training", dependencies: ["Models", "Corpora"]),
    .target(name: "Attributions", dependencies: ["Models"]),
    .target(name: "Figures", dependencies: ["CPNG", "CCairo"]),
    .target(name: "Reports", dependencies: ["Attributions", "Training", "Figures"]),
    .executableTarget(
      name: "undertone",
      dependencies: [
        "Reports", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(name: "Benchmarks", dependencies: ["Training"]),

    .testTarget(name: "TensorsTests", dependencies: ["Tensors"]),
    .testTarget(name: "LayersTests", dependencies: ["Layers"]),
    .testTarget(name: "AudioFilesTests", dependencies: ["AudioFiles"]),
    .testTarget(name: "AudioFeaturesTests", dependencies: ["AudioFeatures"]),
    .testTarget(name: "CorporaTests", dependencies: ["Corpora"]),
    .testTarget(name: "ModelsTests", dependencies: ["Models"]),
    .testTarget(name: "TrainingTests", dependencies: ["Training"]),
    .testTarget(name: "AttributionsTests", dependencies: ["Attributions"]),
    .testTarget(name: "FiguresTests", dependencies: ["Figures"]),
    .testTarget(name: "ReportsTests", dependencies: ["Reports"]),
    .testTarget(name: "CommandsTests", dependencies: ["undertone"]),
  ],
  swiftLanguageModes: [.v6]
)
