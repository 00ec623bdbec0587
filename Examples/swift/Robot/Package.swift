// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "Robot",
  platforms: [.macOS(.v15)],
  dependencies: [
    // In a copy outside this repository: .package(url: "…/socketio-swift", from: "0.1.0", traits: ["BundledCore"])
    .package(name: "socketio-swift", path: "../../..", traits: ["BundledCore"])
  ],
  targets: [
    .executableTarget(name: "Robot", dependencies: [.product(name: "SocketIO", package: "socketio-swift")])
  ],
  swiftLanguageModes: [.v6]
)
