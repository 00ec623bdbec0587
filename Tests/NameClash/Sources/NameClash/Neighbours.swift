import NIOCore
import NIOHTTP1
