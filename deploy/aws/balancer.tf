locals {
  has_certificate = var.certificate_arn != ""
  scheme          = local.has_certificate ? "https" : "http"
  public_name     = var.host_name != "" ? var.host_name : aws_lb.main.dns_name
}

resource "aws_lb" "main" {
  name                       = local.name
  load_balancer_type         = "application"
  subnets                    = aws_subnet.public[*].id
  security_groups            = [aws_security_group.balancer.id]
  idle_timeout               = 3600 # live feeds
  drop_invalid_header_fields = true
  enable_deletion_protection = local.is_production
}

resource "aws_lb_target_group" "api" {
  name                 = local.name
  vpc_id               = aws_vpc.main.id
  target_type          = "ip"
  port                 = 8000
  protocol             = "HTTP"
  deregistration_delay = 15
  health_check {
    path                = "/health"
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_listener" "plain" {
  count             = local.has_certificate ? 0 : 1
  load_balancer_arn = aws_lb.main.arn
  port              = 80
  protocol          = "HTTP"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.api.arn
  }
}

resource "aws_lb_listener" "secure" {
  count             = local.has_certificate ? 1 : 0
  load_balancer_arn = aws_lb.main.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.api.arn
  }
}
