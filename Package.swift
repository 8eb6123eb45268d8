// swift-tools-version: 6.2
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
        "Basics", "Ranks", "Tensors", "Layers", "Encoders", "AudioFiles", "AudioFeatures", "Corpora", "Models",
        "Training", "Attributions", "Figures", "Reports",
      ]),
  ],
  traits: [.trait(name: "MPI", description: "Runs over several processes and machines, by Open MPI.")],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", .upToNextMinor(from: "1.8.2")),
    .package(url: "https://github.com/LebJe/TOMLKit", .upToNextMinor(from: "0.6.0")),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", .upToNextMinor(from: "2.13.0")),
    .package(url: "https://github.com/hummingbird-project/hummingbird", .upToNextMinor(from: "2.28.1"), traits: []),
  ],
  targets: [
    system("COpenBLAS", pkgConfig: "openblas", apt: "libopenblas-openmp-dev", brew: "openblas"),
    system("COneDNN", apt: "libdnnl-dev", brew: "onednn"),
    system("CFFTW", pkgConfig: "fftw3f", apt: "libfftw3-dev", brew: "fftw"),
    system("CSndFile", pkgConfig: "sndfile", apt: "libsndfile1-dev", brew: "libsndfile"),
    system("CSampleRate", pkgConfig: "samplerate", apt: "libsamplerate0-dev", brew: "libsamplerate"),
    system("CPNG", pkgConfig: "libpng", apt: "libpng-dev", brew: "libpng"),
    system("CCairo", pkgConfig: "cairo", apt: "libcairo2-dev", brew: "cairo"),
    // Of the trait MPI only.
    system("CMPI", pkgConfig: "ompi-c", apt: "libopenmpi-dev", brew: "open-mpi"),

    .target(
      name: "Kernels",
      linkerSettings: [.linkedLibrary("gomp", .when(platforms: [.linux]))]),
    .target(name: "Basics", dependencies: ["Kernels"]),
    .target(name: "Ranks", dependencies: ["Basics", .target(name: "CMPI", condition: .when(traits: ["MPI"]))]),
    // Every target names all that it imports: what is imported without being named is not built anew when it changes.
    .target(name: "Tensors", dependencies: ["Kernels", "Basics", "Ranks", "COneDNN", "COpenBLAS", "CFFTW"]),
    .target(name: "Layers", dependencies: ["Basics", "Ranks", "Tensors"]),
    .target(name: "Encoders", dependencies: ["Basics", "Ranks", "Tensors", "Layers"]),
    .target(name: "AudioFiles", dependencies: ["Kernels", "Basics", "CSndFile", "CSampleRate"]),
    .target(name: "AudioFeatures", dependencies: ["Basics", "Kernels", "Tensors"]),
    .target(name: "Corpora", dependencies: ["Basics", "Tensors", "AudioFiles", "AudioFeatures"]),
    .target(
      name: "Models",
      dependencies: ["Basics", "Tensors", "Layers", "Encoders", "AudioFiles", "AudioFeatures", "Corpora"],
      resources: [.copy("BuiltIn")]),
    .target(
      name: "Training",
      dependencies: [
        "Basics", "Kernels", "Ranks", "Tensors", "Layers", "AudioFiles", "AudioFeatures", "Corpora", "Models",
      ]),
    .target(
      name: "Attributions",
      dependencies: ["Basics", "Tensors", "Layers", "AudioFiles", "AudioFeatures", "Corpora", "Models"]),
    .target(name: "Figures", dependencies: ["Basics", "CPNG", "CCairo"]),
    .target(
      name: "Reports",
      dependencies: [
        "Basics", "Ranks", "Tensors", "AudioFiles", "AudioFeatures", "Corpora", "Models", "Training", "Attributions",
        "Figures",
      ],
      resources: ["page.css", "numbers.js", "timeline.js", "page.js", "table.js"].map { .embedInCode("Page/\($0)") }),
    .target(
      name: "Service",
      dependencies: [
        "Basics", "Tensors", "AudioFiles", "AudioFeatures", "Corpora", "Models", "Training", "Attributions", "Figures",
        "Reports", .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      resources: ["openapi.json", "Page/studio.html", "Page/studio.css", "Page/studio.js"].map { .embedInCode($0) }),
    .executableTarget(
      name: "undertone",
      dependencies: [
        "Basics", "Ranks", "Tensors", "Layers", "AudioFiles", "AudioFeatures", "Corpora", "Models", "Training",
        "Attributions",
        "Figures", "Reports", "Service", .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "TOMLKit", package: "TOMLKit"),
      ]),
    .executableTarget(
      name: "Benchmarks",
      dependencies: [
        "Basics", "Tensors", "Layers", "Encoders", "AudioFiles", "AudioFeatures", "Corpora", "Models", "Training",
        "Attributions", "Figures", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], exclude: ["peer.py"]),

    // What several test targets share; no product has it.
    .target(
      name: "TestSupport",
      dependencies: ["Basics", "Ranks", "Tensors", "Layers", "AudioFeatures", "Corpora", "Models", "Training"],
      path: "Tests/TestSupport"),
    .testTarget(name: "BasicsTests", dependencies: ["TestSupport", "Basics"]),
    .testTarget(name: "RanksTests", dependencies: ["TestSupport", "Basics", "Ranks"]),
    .testTarget(name: "TensorsTests", dependencies: ["TestSupport", "Basics", "Kernels", "Tensors"]),
    .testTarget(name: "LayersTests", dependencies: ["TestSupport", "Basics", "Ranks", "Tensors", "Layers"]),
    .testTarget(
      name: "EncodersTests", dependencies: ["TestSupport", "Basics", "Ranks", "Tensors", "Layers", "Encoders"]),
    .testTarget(name: "AudioFilesTests", dependencies: ["TestSupport", "Basics", "AudioFiles"]),
    .testTarget(name: "AudioFeaturesTests", dependencies: ["TestSupport", "Basics", "Tensors", "AudioFeatures"]),
    .testTarget(
      name: "CorporaTests", dependencies: ["TestSupport", "Basics", "AudioFiles", "AudioFeatures", "Corpora"]),
    .testTarget(
      name: "ModelsTests",
      dependencies: ["TestSupport", "Basics", "Tensors", "Layers", "Encoders", "Corpora", "Models"]),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "TestSupport", "Basics", "Ranks", "Tensors", "Layers", "Encoders", "AudioFiles", "Corpora", "Models",
        "Training",
      ]),
    .testTarget(
      name: "AttributionsTests",
      dependencies: [
        "TestSupport", "Basics", "Tensors", "Layers", "Encoders", "AudioFiles", "AudioFeatures", "Corpora", "Models",
        "Attributions",
      ]),
    .testTarget(name: "FiguresTests", dependencies: ["TestSupport", "Basics", "Figures"]),
    .testTarget(
      name: "ReportsTests",
      dependencies: [
        "TestSupport", "Basics", "Ranks", "Tensors", "Layers", "AudioFiles", "AudioFeatures", "Corpora", "Models",
        "Training", "Attributions", "Figures", "Reports",
      ]),
    .testTarget(
      name: "CommandsTests",
      dependencies: [
        "TestSupport", "CSndFile", "Basics", "Ranks", "Tensors", "AudioFiles", "AudioFeatures", "Corpora", "Models",
        "Training", "Attributions", "Figures", "undertone",
      ]),
  ],
  swiftLanguageModes: [.v6]
)
