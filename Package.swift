// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "socketio-swift",
  platforms: [.macOS(.v15), .iOS(.v18)],
  products: [
    .library(name: "SocketIO", targets: ["SocketIO"]),
    .executable(name: "sio", targets: ["sio"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
  ],
  targets: [
    // libcsio, built and installed by CMake (see README.md); scripts/ points PKG_CONFIG_PATH at a private build.
    .systemLibrary(
      name: "CSIO",
      path: "Sources/CSIO",
      pkgConfig: "csio",
      providers: [.apt(["libcurl4-openssl-dev", "libwebsockets-dev"])]
    ),
    .target(
      name: "SocketIO",
      dependencies: ["CSIO", .product(name: "Logging", package: "swift-log")]
    ),
    .executableTarget(
      name: "sio",
      dependencies: ["SocketIO", .product(name: "ArgumentParser", package: "swift-argument-parser")]
    ),
    .executableTarget(name: "demo", dependencies: ["SocketIO"], path: "Examples/swift/Demo"),
    .testTarget(name: "SocketIOTests", dependencies: ["SocketIO"]),
    .testTarget(
      name: "InteropTests", dependencies: ["SocketIO", "sio"], exclude: ["Servers", "requirements.txt"]),
  ],
  swiftLanguageModes: [.v6]
)
