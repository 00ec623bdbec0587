// swift-tools-version: 6.1
import PackageDescription

// What pkg-config has to find for BundledCore. Debian 13's libcurl.pc has flags that SwiftPM warns about, and the
// compiler finds libcurl itself; on macOS it would find the system's, which uses another TLS library.
#if os(macOS)
  let coreLibraries = "libcurl libwebsockets libuv openssl zlib"
#else
  let coreLibraries = "libwebsockets libuv openssl zlib"
#endif

let package = Package(
  name: "socketio-swift",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "SocketIO", targets: ["SocketIO"]),
    .library(name: "SocketIOTesting", targets: ["SocketIOTesting"]),
    .executable(name: "sio", targets: ["sio"]),
  ],
  traits: [
    .default(enabledTraits: ["InstalledCore"]),
    .trait(name: "InstalledCore", description: "Uses the C library libcsio where it is installed."),
    .trait(name: "BundledCore", description: "Builds libcsio from this package, in place of an installed one."),
    .trait(name: "Metrics", description: "Publishes the client's figures by swift-metrics."),
    .trait(name: "ServiceLifecycle", description: "Runs Sockets as a service of swift-service-lifecycle."),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    // Of the traits: fetched and built only where one is enabled.
    .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
  ],
  targets: [
    // The module CSIO: libcsio, either installed or built from the sources here.
    .target(
      name: "CSIO",
      dependencies: [
        .target(name: "CSIOInstalled", condition: .when(traits: ["InstalledCore"])),
        .target(name: "CSIOBundled", condition: .when(traits: ["BundledCore"])),
      ],
      path: "Sources/CSIOForSwift/Choice"
    ),
    .systemLibrary(name: "CSIOInstalled", path: "Sources/CSIOForSwift/Installed", pkgConfig: "csio"),
    .target(
      name: "CSIOBundled",
      dependencies: ["CSIOLibraries"],
      path: ".",
      exclude: ["CMakeLists.txt", "csio.pc.in", "csio-config.cmake.in"].map { "Sources/CSIO/\($0)" },
      sources: ["Sources/CSIO"],
      publicHeadersPath: "include",
      cSettings: [.headerSearchPath("Sources/CSIO"), .define("_GNU_SOURCE"), .define("_DARWIN_C_SOURCE")],
      linkerSettings: [.linkedLibrary("curl"), .linkedLibrary("websockets")]
    ),
    .systemLibrary(
      name: "CSIOLibraries",
      path: "Sources/CSIOForSwift/Libraries",
      pkgConfig: coreLibraries,
      providers: [
        .apt(["libcurl4-openssl-dev", "libwebsockets-dev"]),
        .brew(["curl", "libwebsockets", "libuv", "openssl@3"]),
      ]
    ),
    .target(
      name: "SocketIO",
      dependencies: [
        "CSIO", .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics", condition: .when(traits: ["Metrics"])),
        .product(
          name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: .when(traits: ["ServiceLifecycle"])),
      ]
    ),
    .target(name: "SocketIOTesting", dependencies: ["SocketIO"]),
    .executableTarget(
      name: "sio",
      dependencies: ["SocketIO", .product(name: "ArgumentParser", package: "swift-argument-parser")]
    ),
    .executableTarget(name: "demo", dependencies: ["SocketIO"], path: "Examples/swift/Demo"),
    .target(name: "AllocationCounter", path: "Benchmarks/AllocationCounter"),
    .executableTarget(
      name: "micro-bench", dependencies: ["SocketIO", "AllocationCounter"], path: "Benchmarks/Micro"),
    .testTarget(
      name: "SocketIOTests",
      dependencies: [
        "SocketIO", "SocketIOTesting",
        .product(name: "MetricsTestKit", package: "swift-metrics", condition: .when(traits: ["Metrics"])),
        .product(
          name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle",
          condition: .when(traits: ["ServiceLifecycle"])),
      ]),
    .testTarget(
      name: "InteropTests", dependencies: ["SocketIO", "SocketIOTesting", "sio", "micro-bench"],
      exclude: ["Servers", "requirements.txt"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c11
)

for target in package.targets where target.type != .system {
  target.swiftSettings = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
  ]
}
