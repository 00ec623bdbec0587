// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "Bridge",
  platforms: [.macOS(.v15)],
  dependencies: [
    // In a copy outside this repository:
    // .package(url: "…/socketio-swift", from: "0.1.0", traits: ["BundledCore", "Metrics", "ServiceLifecycle"]),
    .package(name: "socketio-swift", path: "../../..", traits: ["BundledCore", "Metrics", "ServiceLifecycle"]),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
  ],
  targets: [
    .executableTarget(
      name: "Bridge",
      dependencies: [
        .product(name: "SocketIO", package: "socketio-swift"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
