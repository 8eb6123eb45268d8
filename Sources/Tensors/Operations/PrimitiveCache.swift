import Basics

/// oneDNN's primitives by the shapes that they were made for, kept for the next call of that shape.
final class PrimitiveCache<Shape: Hashable & Sendable, Primitive: Sendable>: Sendable {
  private let limit = 512
  private let made = Locked<[Shape: Primitive]>([:])

  func primitive(_ shape: Shape, make: @Sendable (Shape) -> Primitive) -> Primitive {
    made.withLock { cache in
      if let made = cache[shape] { return made }
      // Clips of every length would fill the memory with code; oneDNN's own cache makes the loss smaller.
      if cache.count >= limit { cache.removeAll() }
      let made = make(shape)
      cache[shape] = made
      return made
    }
  }
}
