// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "socketio-swift",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "SocketIO", targets: ["SocketIO"]),
    .executable(name: "sio", targets: ["sio"]),
  ],
  traits: [
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
    // libcsio, built and installed by CMake (see README.md); scripts/ points PKG_CONFIG_PATH at a private build.
    .systemLibrary(
      name: "CSIO",
      path: "Sources/CSIO",
      pkgConfig: "csio",
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
        "SocketIO",
        .product(name: "MetricsTestKit", package: "swift-metrics", condition: .when(traits: ["Metrics"])),
        .product(
          name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle",
          condition: .when(traits: ["ServiceLifecycle"])),
      ]),
    .testTarget(
      name: "InteropTests", dependencies: ["SocketIO", "sio", "micro-bench"], exclude: ["Servers", "requirements.txt"]),
  ],
  swiftLanguageModes: [.v6]
)
