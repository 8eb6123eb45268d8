/// The registry of all attacks, in the order in which they are listed.
public enum Attacks {
  public static let all: [any Attack.Type] = [
    FGSM.self, PGD.self, APGD.self, DeepFool.self, CarliniWagner.self, HopSkipJump.self, Universal.self,
  ]

  /// The attack of this name, with these settings.
  public static func make(_ name: String, _ settings: AttackSettings) throws(AttackError) -> any Attack {
    guard let type = all.first(where: { $0.name == name }) else { throw .unknown(name: name) }
    try settings.check()
    return type.init(settings)
  }
}
