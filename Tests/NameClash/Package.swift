// swift-tools-version: 6.1
import PackageDescription

// The modules of swift-nio, for the test that uses every public type beside them (NameClashTests). The library itself
// does not depend on swift-nio, and this package is only type-checked.
let package = Package(
  name: "NameClash",
  dependencies: [.package(url: "https://github.com/apple/swift-nio", from: "2.101.2")],
  targets: [
    .target(
      name: "NameClash",
      dependencies: [
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
      ])
  ])
